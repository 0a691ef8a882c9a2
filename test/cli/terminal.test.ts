import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { createTarget, query, runScript, type RebuildTarget } from "../support/rebuild-target.ts";
import { createProject, type Project } from "../support/project.ts";
import { runCli, runInTerminal } from "../support/run-cli.ts";
import { skipSqld } from "../support/sqld.ts";

const MODELS = {
  "a.ts": `import { integer, sqliteTable } from "drizzle-orm/sqlite-core"; export const fresh = sqliteTable("fresh", { id: integer() });`,
};

async function projectWithRows(): Promise<Project> {
  const project = await createProject({ models: MODELS });
  const database = new Database(project.path("local.db"));
  database.exec("CREATE TABLE old (id); INSERT INTO old VALUES (1), (2);");
  database.close();
  return project;
}

function tablesOf(project: Project): unknown[] {
  const database = new Database(project.path("local.db"), { readonly: true });
  const names = database.prepare("SELECT name FROM sqlite_schema ORDER BY name").pluck().all();
  database.close();
  return names;
}

const REBUILT = ["_clean_slate", "fresh"];
// oxlint-disable-next-line no-control-regex -- colours begin with a control character
const COLOR = /\u001b\[[1-9]\d*m/;

describe.concurrent("at the prompt for a local file", () => {
  test.each([
    ["n", "n", "not confirmed"],
    ["Enter alone", "\r", "not confirmed"],
    ["Ctrl-C", "\u0003", "cancelled"],
    ["Ctrl-D", "\u0004", "cancelled"],
    ["Esc", "\u001b", "cancelled"],
  ])("%s leaves it untouched and exits with 130", async (_, send, said) => {
    await using project = await projectWithRows();
    const { code, output } = await runInTerminal(["apply-migration"], {
      cwd: project.dir,
      answers: [{ expect: /Drop everything in local\.db \(2 rows\)/, send }],
    });
    expect({ code, tables: tablesOf(project) }).toEqual({ code: 130, tables: ["old"] });
    expect(output).toContain(`${said}; nothing was changed`);
  });

  test("y rebuilds it, in colours unless there are to be none", async () => {
    await using project = await projectWithRows();
    const answers = [{ expect: /rebuild it\?/, send: "y" }];
    const first = await runInTerminal(["apply-migration"], { cwd: project.dir, answers });
    expect({ code: first.code, tables: tablesOf(project) }).toEqual({ code: 0, tables: REBUILT });
    expect(first.output).toMatch(/old +2 rows[^]*rebuilt local\.db: 1 table; proven equal to the models/);
    expect(first.raw).toMatch(COLOR);
    const plain = await runInTerminal(["apply-migration", "--no-color"], { cwd: project.dir, answers });
    expect(plain.raw).not.toMatch(COLOR);
    const variable = await runInTerminal(["apply-migration"], {
      cwd: project.dir,
      answers,
      env: { NO_COLOR: "1" },
    });
    expect(variable.raw).not.toMatch(COLOR);
  });
});

describe.concurrent("without anybody to ask", () => {
  const refused = { code: 1, tables: ["old"] };

  test.each([
    ["stdin is closed", "", []],
    ["y is piped in", "y\n", []],
    ["y is piped in, and --json", "y\n", ["--json"]],
  ])("a rebuild is refused when %s, naming the flag", async (_, input, args) => {
    await using project = await projectWithRows();
    const { code, stderr } = await runCli(["apply-migration", ...args], { cwd: project.dir, input });
    expect({ code, tables: tablesOf(project) }).toEqual(refused);
    expect(stderr).toMatch(/nobody can be asked[^]*--dry-run[^]*--yes/);
  });

  test.each([
    ["CI is set", { CI: "true" }, []],
    ["--json is given", {}, ["--json"]],
  ])("a rebuild is refused in a terminal too when %s", async (reason, env, args) => {
    await using project = await projectWithRows();
    const { code, output } = await runInTerminal(["apply-migration", ...args], { cwd: project.dir, env });
    expect({ code, tables: tablesOf(project) }).toEqual(refused);
    expect(output).toContain(`nobody can be asked (${reason})`);
  });

  test("--yes is agreement, and --dry-run needs none and changes nothing", async () => {
    await using project = await projectWithRows();
    const dry = await runCli(["apply-migration", "--dry-run"], { cwd: project.dir });
    expect({ code: dry.code, tables: tablesOf(project) }).toEqual({ code: 0, tables: ["old"] });
    expect(dry.stderr).toMatch(/old +2 rows/);
    expect(dry.stdout).toMatch(/^-- [^]*DROP TABLE IF EXISTS "old";[^]*CREATE TABLE "fresh"/);
    const done = await runCli(["apply-migration", "--yes"], { cwd: project.dir, env: { CI: "1" } });
    expect({ code: done.code, tables: tablesOf(project) }).toEqual({ code: 0, tables: REBUILT });
    expect(done.stdout).toMatch(
      /^rebuilt local\.db: 1 table; proven equal to the models \(fingerprint [0-9a-f]{16}, \d+ ms\)\n$/,
    );
  });
});

describe.skipIf(skipSqld)("at the prompt for a remote database", () => {
  const start = async (): Promise<RebuildTarget> => {
    const target = await createTarget("remote", { models: MODELS });
    await runScript(target, "CREATE TABLE old (id); INSERT INTO old VALUES (1);");
    await target.project.write(".env", `TURSO_DATABASE_URL=${target.sqld?.url}\n`);
    return target;
  };
  const names = async (target: RebuildTarget) =>
    (await query(target, "SELECT name FROM sqlite_schema ORDER BY name")).map(({ name }) => name);

  test("its name must be typed, and nothing else will do", async () => {
    await using target = await start();
    const name = `127.0.0.1:${target.sqld?.port}`;
    const type = (send: string) =>
      runInTerminal(["apply-migration", "--remote-only"], {
        cwd: target.project.dir,
        answers: [{ expect: /\(1 row\)\. Type its name, 127\.0\.0\.1:\d+, to go on/, send }],
      });
    for (const send of ["y\r", "\r", "\u0003", `${name}x\r`]) {
      expect({ code: (await type(send)).code, names: await names(target) }).toEqual({
        code: 130,
        names: ["old"],
      });
    }
    expect({ code: (await type(`${name}\r`)).code, names: await names(target) }).toEqual({
      code: 0,
      names: REBUILT,
    });
  });
});
