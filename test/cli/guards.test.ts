import Database from "better-sqlite3";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { repoPath } from "../support/paths.ts";
import { createTarget, query, runScript } from "../support/rebuild-target.ts";
import { createProject, type Project } from "../support/project.ts";
import { resultOf, runCli, runInTerminal, startCli } from "../support/run-cli.ts";
import { skipSqld } from "../support/sqld.ts";

const MODELS = {
  "shop.ts": `import { integer, sqliteTable } from "drizzle-orm/sqlite-core";
export const fresh = sqliteTable("fresh", { id: integer().primaryKey() });
`,
};

function run(project: Project, sql: string, file = "local.db"): unknown[] {
  const database = new Database(project.path(file));
  try {
    const statement = database.prepare(sql);
    return statement.reader ? statement.all() : [statement.run()];
  } finally {
    database.close();
  }
}

const tables = (project: Project, file?: string) =>
  run(project, "SELECT name FROM sqlite_schema WHERE name NOT LIKE '\\_%' ESCAPE '\\' ORDER BY name", file);

test("rows that change while the prompt waits are shown again, and asked about again", async () => {
  await using project = await createProject({ models: MODELS });
  run(project, "CREATE TABLE old (id)");
  const { code, output } = await runInTerminal(["apply-migration"], {
    cwd: project.dir,
    answers: [
      {
        expect: /\(0 rows\) and rebuild it\?/,
        get send() {
          run(project, "INSERT INTO old VALUES (1), (2)");
          return "y";
        },
      },
      { expect: /written or deleted by someone else[^]*\(2 rows\) and rebuild it\?/, send: "n" },
    ],
  });
  expect(code).toBe(130);
  expect(output).toContain("nothing was changed");
  expect(run(project, "SELECT count(*) AS n FROM old")).toEqual([{ n: 2 }]);
});

describe("a database that looks like production", () => {
  const start = async () => {
    const project = await createProject({ models: MODELS, env: { LOCAL_DB_PATH: "shop-prod.db" } });
    run(project, "CREATE TABLE old (id)", "shop-prod.db");
    return project;
  };

  test("is not rebuilt by --yes alone, nor by another name, and is by its own", async () => {
    await using project = await start();
    const yes = await runCli(["apply-migration", "--yes"], { cwd: project.dir });
    expect(yes).toMatchObject({ code: 1, stderr: expect.stringContaining("--confirm shop-prod.db") });
    const other = await runCli(["apply-migration", "--yes", "--confirm", "shop.db"], { cwd: project.dir });
    expect(other).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('this database is "shop-prod.db"'),
    });
    expect(tables(project, "shop-prod.db")).toEqual([{ name: "old" }]);
    const alone = await runCli(["apply-migration", "--confirm", "shop-prod.db"], { cwd: project.dir });
    expect(alone).toMatchObject({ code: 1, stderr: expect.stringContaining("--yes --confirm shop-prod.db") });
    const own = await runCli(["apply-migration", "--yes", "--confirm", "shop-prod.db"], { cwd: project.dir });
    expect(own.code).toBe(0);
    expect(tables(project, "shop-prod.db")).toEqual([{ name: "fresh" }]);
  });

  test("wants its name typed in a terminal, also with --yes, unless CLEAN_SLATE_PRODUCTION says otherwise", async () => {
    await using project = await start();
    const answers = [{ expect: /looks like production \(prod\).*Type its name, shop-prod\.db/, send: "y\r" }];
    const typed = await runInTerminal(["apply-migration", "--yes"], { cwd: project.dir, answers });
    expect(typed).toMatchObject({ code: 130, output: expect.stringContaining('that is not "shop-prod.db"') });
    const env = { CLEAN_SLATE_PRODUCTION: "main, *live*" };
    expect(await runCli(["apply-migration", "--yes"], { cwd: project.dir, env })).toMatchObject({ code: 0 });
  });
});

test("protect refuses for everyone, says why in words and in JSON, and unprotect lets go", async () => {
  await using project = await createProject({ models: MODELS });
  const cli = (...args: string[]) => runCli(args, { cwd: project.dir });
  expect(await cli("protect")).toMatchObject({ code: 1, stderr: expect.stringContaining("does not exist") });
  expect(existsSync(project.path("local.db"))).toBe(false);
  run(project, "CREATE TABLE old (id)");
  expect((await cli("protect", "--reason", "the demo's")).code).toBe(0);
  const refused = await cli("apply-migration", "--yes", "--json");
  expect(refused.code).toBe(1);
  expect(JSON.parse(refused.stdout)).toMatchObject({ ok: false, error: { code: "DATABASE_PROTECTED" } });
  const unasked = JSON.parse((await cli("apply-migration", "--json")).stdout) as object;
  expect(unasked).toMatchObject({ error: { code: "DATABASE_PROTECTED" } }); // not that somebody is to be asked
  expect((await cli("apply-migration", "--dry-run")).stderr).toMatch(/^Protected: since .*: the demo's/m);
  expect((await cli("apply-migration", "--yes", "--allow-protected", "local.db")).code).toBe(0);
  expect((await cli("apply-migration", "--yes")).code).toBe(1);
  expect((await cli("unprotect")).code).toBe(0);
  expect((await cli("apply-migration", "--yes")).code).toBe(0);
});

describe.skipIf(skipSqld)("Ctrl-C while the primary works", () => {
  const startSlow = async () => {
    const target = await createTarget("remote", { models: MODELS });
    await runScript(target, "CREATE TABLE old (id)");
    const lock = target.project.path(".clean-slate", `127.0.0.1_${target.proxy?.port}.clean-slate-lock`);
    const env = { TURSO_DATABASE_URL: target.proxy?.url ?? "" };
    const child = startCli(["apply-migration", "--yes", "--no-backup", "--remote-only"], {
      cwd: target.project.dir,
      env,
    });
    // Every answer takes its time from the moment the lock is there.
    const working = async () => {
      while (!existsSync(lock)) await sleep(2);
      target.proxy?.setDelay(1500);
    };
    return { target, child, result: resultOf(child), working, lock };
  };

  test("lets the transaction end, says so, and exits with 130", async () => {
    const { target, child, result, working, lock } = await startSlow();
    await using _ = target;
    await working();
    await sleep(100);
    child.kill("SIGINT");
    const { code, stdout, stderr } = await result;
    expect({ code, stderr }).toMatchObject({
      code: 130,
      stderr: expect.stringContaining("is being finished"),
    });
    expect(stdout).toContain("proven equal to the models");
    expect(await query(target, "SELECT count(*) AS n FROM fresh")).toEqual([{ n: 0n }]);
    expect(existsSync(lock)).toBe(false);
  });

  test("twice ends at once, and leaves no lock", async () => {
    const { target, child, result, working, lock } = await startSlow();
    await using _ = target;
    await working();
    await sleep(100);
    child.kill("SIGINT");
    await sleep(100);
    const since = performance.now();
    child.kill("SIGINT");
    expect(await result).toMatchObject({ code: null, signal: "SIGINT" });
    expect(performance.now() - since).toBeLessThan(1000);
    expect(existsSync(lock)).toBe(false);
  });

  test.skipIf(process.platform !== "linux")(
    "reaches the replica's own process too, which goes on with the sync",
    async () => {
      await using target = await createTarget("replica", { models: MODELS });
      const manage = ["--import", import.meta.resolve("tsx"), repoPath("manage.ts")];
      const child = startCli(["apply-migration", "--yes"], {
        cwd: target.project.dir,
        env: { TURSO_DATABASE_URL: target.proxy?.url ?? "" },
        program: ["setsid", process.execPath, ...manage],
      });
      const result = resultOf(child);
      while (!target.proxy?.counts.requests.some((name) => /wal_log|\/info/.test(name))) await sleep(2);
      target.proxy.setDelay(400);
      process.kill(-(child.pid ?? 0), "SIGINT");
      expect(await result).toMatchObject({
        code: 130,
        stdout: expect.stringContaining("primary and replica proven equal"),
        stderr: expect.not.stringContaining("set aside"),
      });
      expect(existsSync(target.project.path(".clean-slate", "set-aside"))).toBe(false);
    },
  );
});
