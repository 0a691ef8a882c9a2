import Database from "better-sqlite3";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { dbInfo } from "../../src/actions/db-info.ts";
import { performRebuild } from "../../src/actions/perform-rebuild.ts";
import { prepareRebuild } from "../../src/actions/prepare-rebuild.ts";
import * as dbInfoCommand from "../../src/cli/commands/db-info.ts";
import { createProject, type Project } from "../support/project.ts";
import { createDeps, createTarget, runScript } from "../support/rebuild-target.ts";
import { runCli } from "../support/run-cli.ts";
import { runCommand } from "../support/run-command.ts";

const MODELS = {
  "a.ts": `import { integer, sqliteTable } from "drizzle-orm/sqlite-core"; export const fresh = sqliteTable("fresh", { id: integer() });`,
};

const rebuild = async (project: Project, path = project.path("local.db")) => {
  const deps = createDeps(project, { path: { value: path, origin: "test" } });
  return performRebuild(deps, await prepareRebuild(deps, {}));
};

const infoOf = (project: Project, path = project.path("local.db")) =>
  dbInfo(createDeps(project, { path: { value: path, origin: "test" } }));

function tablesOf(path: string): unknown[] {
  const database = new Database(path, { readonly: true });
  const names = database.prepare("SELECT name FROM sqlite_schema ORDER BY name").pluck().all();
  database.close();
  return names;
}

/** Another process that holds the file, as a dev server does in the middle of a transaction. */
async function holder(path: string, begin: string) {
  const source = `const db = new (require("better-sqlite3"))(${JSON.stringify(path)}); db.exec(${JSON.stringify(begin)}); console.log("held"); setTimeout(() => {}, 60_000);`;
  const child = spawn(process.execPath, ["--eval", source], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return { [Symbol.dispose]: () => void child.kill("SIGKILL") };
}

const isRoot = process.getuid?.() === 0;

describe.concurrent("a local file that", () => {
  test.each([
    [
      "is garbage",
      Buffer.from("this is no database, whatever its name says"),
      "DATABASE_UNREADABLE",
      /not a SQLite database/,
    ],
    [
      "has only a header",
      Buffer.from("SQLite format 3\0"),
      "DATABASE_UNREADABLE",
      /not a SQLite database|damaged/,
    ],
    [
      "is damaged behind its header",
      Buffer.concat([Buffer.from("SQLite format 3\0"), Buffer.alloc(4096, 0xff)]),
      "DATABASE_UNREADABLE",
      /not a SQLite database|damaged/,
    ],
  ])("%s is refused and left as it is", async (_, ...[bytes, code, message]) => {
    await using project = await createProject({ models: MODELS });
    await writeFile(project.path("local.db"), bytes);
    await expect(rebuild(project)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      hint: expect.any(String),
    });
    expect(await readFile(project.path("local.db"))).toEqual(bytes);
    expect((await infoOf(project)).local).toMatchObject({ error: expect.stringMatching(message) });
  });

  test("has no bytes is an empty database", async () => {
    await using project = await createProject({ models: MODELS, files: { "local.db": "" } });
    expect((await infoOf(project)).local).toMatchObject({ tables: [], lastRun: null });
    await rebuild(project);
    expect(tablesOf(project.path("local.db"))).toEqual(["_clean_slate", "fresh"]);
  });

  test("is a folder, or lies in none, is refused by name", async () => {
    await using project = await createProject({ models: MODELS });
    await mkdir(project.path("local.db"));
    await expect(rebuild(project)).rejects.toMatchObject({
      code: "DATABASE_UNREADABLE",
      message: expect.stringContaining("local.db"),
    });
    await expect(rebuild(project, project.path("gone/a.db"))).rejects.toMatchObject({
      code: "DATABASE_UNREADABLE",
      hint: expect.stringContaining("mkdir"),
    });
    expect((await infoOf(project)).local).toHaveProperty("error");
    expect((await infoOf(project, project.path("gone/a.db"))).local).toHaveProperty("error");
  });

  test("is a symbolic link is rebuilt where it points", async () => {
    await using project = await createProject({ models: MODELS });
    await mkdir(project.path("elsewhere"));
    await symlink(project.path("elsewhere/real.db"), project.path("local.db"));
    await rebuild(project);
    expect(tablesOf(project.path("elsewhere/real.db"))).toEqual(["_clean_slate", "fresh"]);
    await rebuild(project);
  });

  test.skipIf(isRoot || process.platform === "win32")(
    "may not be written is refused, and still inspected",
    async () => {
      await using project = await createProject({ models: MODELS });
      new Database(project.path("local.db")).exec("CREATE TABLE old (id)").close();
      await chmod(project.path("local.db"), 0o400);
      await expect(rebuild(project)).rejects.toMatchObject({ code: "WRITE_FAILED" });
      expect((await infoOf(project)).local).toMatchObject({ tables: [{ name: "old" }] });
      expect(tablesOf(project.path("local.db"))).toEqual(["old"]);
    },
  );

  test.skipIf(process.platform === "win32")(
    "is made is readable by its owner alone, and db-info makes none",
    async () => {
      await using project = await createProject({ models: MODELS });
      expect((await infoOf(project)).local).toMatchObject({
        error: expect.stringContaining("does not exist yet"),
      });
      await expect(stat(project.path("local.db"))).rejects.toThrow("ENOENT");
      await rebuild(project);
      expect((await stat(project.path("local.db"))).mode & 0o777).toBe(0o600);
    },
  );

  test("is in WAL mode stays in it, with what lies in the log", async () => {
    await using project = await createProject({ models: MODELS });
    const other = new Database(project.path("local.db"));
    other.pragma("journal_mode = WAL");
    other.exec("CREATE TABLE old (id); INSERT INTO old VALUES (1), (2);");
    const child = await prepareRebuild(createDeps(project), {});
    expect(child.losses).toMatchObject([{ name: "old", rows: 2 }]);
    other.close();
    await rebuild(project);
    expect((await infoOf(project)).local).toMatchObject({ journalMode: "wal" });
  });

  test("belongs to a replica is not taken for a plain one", async () => {
    await using project = await createProject({
      models: MODELS,
      files: { "local.db": "", "local.db-client_wal_index": "x" },
    });
    await expect(rebuild(project)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("TURSO_DATABASE_URL is not set"),
    });
  });

  test("is a link to a replica is not taken for a plain one", async () => {
    await using project = await createProject({
      models: MODELS,
      files: { "real.db": "", "real.db-info": "{}" },
    });
    await symlink("real.db", project.path("local.db"));
    await expect(rebuild(project)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("TURSO_DATABASE_URL is not set"),
    });
  });

  test.skipIf(process.platform === "win32")(
    "is a pipe or leads in a circle is refused and reported",
    async () => {
      await using project = await createProject({ models: MODELS });
      execFileSync("mkfifo", [project.path("pipe.db")]);
      await symlink("circle.db", project.path("circle.db"));
      for (const name of ["pipe.db", "circle.db"]) {
        await expect(rebuild(project, project.path(name))).rejects.toMatchObject({
          code: "DATABASE_UNREADABLE",
        });
        expect((await infoOf(project, project.path(name))).local).toHaveProperty("error");
      }
    },
  );

  test("another process writes to is left as it is, and the process is named where that can be known", async () => {
    await using project = await createProject({ models: MODELS });
    new Database(project.path("local.db")).exec("CREATE TABLE old (id); INSERT INTO old VALUES (1)").close();
    {
      using _ = await holder(project.path("local.db"), "BEGIN EXCLUSIVE");
      // SQLite's waiting blocks a process: the two wait side by side.
      const [failure, info] = await Promise.all([
        rebuild(project).catch((error: unknown) => error),
        runCli(["db-info"], { cwd: project.dir }),
      ]);
      expect(failure).toMatchObject({
        code: "DATABASE_BUSY",
        message: expect.stringContaining("locked by another process"),
      });
      expect(info).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/locked by another process[^]*1 table/),
      });
    }
    expect(tablesOf(project.path("local.db"))).toEqual(["old"]);
    await rebuild(project);
  });
});

describe("db-info", () => {
  const info = (project: Project) => runCommand(dbInfoCommand, createDeps(project), undefined as never);

  test("reports what is missing or broken, and never fails for it", async () => {
    await using project = await createProject();
    expect((await info(project)).stdout).toMatch(/does not exist yet[^]*cannot read the models folder/);
    await project.write("models/a.ts", "export const broken = ;");
    expect((await info(project)).stdout).toMatch(/models\/a\.ts:1:\d+/);
  });

  test("fails for a migrations folder that cannot be read, which is no fault of the models", async () => {
    await using project = await createProject({ models: MODELS, files: { "migrations/sql": "no folder" } });
    await expect(info(project)).rejects.toMatchObject({ code: "WRITE_FAILED" });
  });

  test("tells tables, other objects, drift and the newest file", async () => {
    await using project = await createProject({
      models: MODELS,
      files: { "migrations/sql/20250101000000_x.sql": "-- not ours" },
    });
    new Database(project.path("local.db"))
      .exec(
        "CREATE TABLE fresh (id INTEGER, more TEXT); INSERT INTO fresh VALUES (1, 'a'); CREATE INDEX i ON fresh (more); CREATE TABLE unknown_one (id); CREATE VIEW v AS SELECT 1 AS one; CREATE VIRTUAL TABLE ft USING fts5(t)",
      )
      .close();
    const { stdout, data } = await info(project);
    expect(data).toMatchObject({
      local: {
        tables: [
          { name: "fresh", rows: 1, isEstimate: false, columns: 2, indexes: 1 },
          { name: "unknown_one", rows: 0 },
        ],
      },
      newest: { file: "20250101000000_x.sql", standing: "unusable" },
    });
    expect(stdout).toMatch(/fresh +1 row +2 columns +1 index[^]*and .*v[^]*drift: \d+ differences[^]*more/);
    expect(JSON.stringify(data["unknownObjects"])).toContain("unknown_one");
    await rebuild(project);
    expect((await info(project)).stdout).toContain("drift: none");
  });

  test("counts up to 10,000 rows, beyond that tells the highest rowid, and says so of what cannot be read", async () => {
    await using target = await createTarget("local", { models: MODELS });
    const numbers = (to: number) =>
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${to}) SELECT i FROM n`;
    await runScript(
      target,
      `CREATE TABLE few (id INTEGER PRIMARY KEY); INSERT INTO few ${numbers(10_000)}; UPDATE few SET id = 50000 WHERE id = 1;
       CREATE TABLE many (id INTEGER PRIMARY KEY); INSERT INTO many ${numbers(10_001)}; UPDATE many SET id = 60000 WHERE id = 1;
       CREATE TABLE rowless (id INTEGER PRIMARY KEY) WITHOUT ROWID; INSERT INTO rowless ${numbers(10_005)};
       CREATE TABLE bare (id); CREATE TABLE "" (id); INSERT INTO "" VALUES (1); CREATE INDEX elsewhere ON "" (id);
       CREATE TABLE gone (id); PRAGMA writable_schema=ON;
       UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'elsewhere') WHERE name = 'gone';`,
    );
    const { stdout, data } = await info(target.project);
    const { tables } = data["local"] as { tables: Record<string, unknown>[] };
    expect(tables.map(({ name, rows, isEstimate }) => [name, rows, isEstimate])).toEqual([
      ["few", 10_000, false],
      ["many", 60_000, true],
      ["rowless", 10_001, true],
      ["bare", 0, false],
      ["", 1, false],
      ["gone", null, false],
    ]);
    expect(stdout).toMatch(/many +~60,000 rows[^]*gone +rows unknown[^]*~ is the highest rowid/);
  });

  test("does not let a hostile name move the cursor or forge a line", async () => {
    await using project = await createProject({ models: MODELS });
    new Database(project.path("local.db")).exec(`CREATE TABLE "a\u001b[2J\nTarget: other" (id)`).close();
    const { stdout } = await info(project);
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]|\nTarget: other/);
    expect(stdout).toContain("\\nTarget: other");
  });

  test("takes two thousand tables in seconds, in a bounded number of steps", async () => {
    await using project = await createProject({ models: MODELS });
    const database = new Database(project.path("local.db"));
    database.exec(
      `BEGIN;${Array.from({ length: 2000 }, (_, at) => `CREATE TABLE t${at} (id INTEGER PRIMARY KEY, v); CREATE INDEX i${at} ON t${at} (v);`).join("")}COMMIT;`,
    );
    database.close();
    const { data } = await info(project);
    expect((data["local"] as { tables: unknown[] }).tables).toHaveLength(2000);
    const prepared = await prepareRebuild(createDeps(project), {});
    expect(prepared.losses).toHaveLength(2000);
    await rebuild(project);
    expect(tablesOf(project.path("local.db"))).toEqual(["_clean_slate", "fresh"]);
  });
});
