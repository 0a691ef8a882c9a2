import { expect, test } from "vitest";
import Sqlite from "better-sqlite3";
import { createProject, type Project } from "../support/project.ts";
import { runCli, runInTerminal } from "../support/run-cli.ts";

const MODELS = {
  "users.ts": `import { integer, sqliteTable } from "drizzle-orm/sqlite-core";
export const users = sqliteTable("users", { id: integer().primaryKey() });`,
};

function inDatabase<T>(project: Project, work: (database: Sqlite.Database) => T): T {
  const database = new Sqlite(project.path("local.db"));
  try {
    return work(database);
  } finally {
    database.close();
  }
}

const notes = (project: Project) =>
  inDatabase(project, (database) => database.prepare("SELECT text FROM notes ORDER BY rowid").pluck().all());

async function projectWithNotes(): Promise<Project> {
  const project = await createProject({ models: MODELS });
  inDatabase(project, (database) =>
    database.exec("CREATE TABLE notes (text); INSERT INTO notes VALUES ('one'), ('two')"),
  );
  return project;
}

test("apply-migration says where the backup is and how to undo, and what it says to type undoes it", async () => {
  await using project = await projectWithNotes();
  const cli = (...args: string[]) => runCli(args, { cwd: project.dir });
  const applied = await cli("apply-migration", "--yes");
  expect(applied).toMatchObject({ code: 0, stderr: expect.stringContaining("Backup: made first") });
  const undo = /^undo: +npx tsx manage\.ts (restore \S+)$/m.exec(applied.stderr)?.[1]?.split(" ") ?? [];
  const refused = await cli(...undo);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("nobody can be asked") });
  const restored = await cli(...undo, "--yes", "--json");
  expect(JSON.parse(restored.stdout)).toMatchObject({
    ok: true,
    kind: "restored",
    from: { name: undo[1], rows: 2 },
    before: { reason: "before restore" },
  });
  expect(notes(project)).toEqual(["one", "two"]);
  const listed = await cli("backups");
  expect(listed.stdout.trim().split("\n")).toEqual([
    expect.stringMatching(/local\.db +2 rows .* before apply-migration$/),
    expect.stringMatching(/local\.db +0 rows .* before restore$/),
  ]);
  await cli("backup"); // the newest, and with rows: none of the others is needed
  expect((await cli("backups", "prune", "--keep", "1")).stdout).toMatch(
    /^(deleted \d{14}_.*\n){2}1 backup left\n$/,
  );
});

test("without a backup the ledger says that nothing will bring the rows back", async () => {
  await using project = await projectWithNotes();
  const cli = (...args: string[]) => runCli(args, { cwd: project.dir });
  const { code, stderr } = await cli("apply-migration", "--yes", "--no-backup");
  expect(code).toBe(0);
  expect(stderr).toContain("Backup: NONE (--no-backup): nothing will bring this back");
  expect(await cli("restore", "--yes")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("there is no backup of local.db"),
  });
});

test("restore shows what it replaces and does nothing when the answer is no", async () => {
  await using project = await projectWithNotes();
  await runCli(["backup", "--name", "mine"], { cwd: project.dir });
  inDatabase(project, (database) =>
    database.exec("INSERT INTO notes VALUES ('three'); CREATE TABLE other (x)"),
  );
  const { code, output } = await runInTerminal(["restore", "mine"], {
    cwd: project.dir,
    answers: [{ expect: /Replace everything in local\.db \(3 rows\)/, send: "n" }],
  });
  expect(code).toBe(130);
  expect(output).toMatch(/Replaces: 2 objects, 3 rows; 1 of the objects is not in the backup/);
  expect(output).toMatch(/other +0 rows +not in the backup, will not come back/);
  expect(notes(project)).toEqual(["one", "two", "three"]);
});

test("restore shows again, and asks again, when the schema changes while its prompt waits", async () => {
  await using project = await projectWithNotes();
  await runCli(["backup"], { cwd: project.dir });
  const { code, output } = await runInTerminal(["restore"], {
    cwd: project.dir,
    answers: [
      {
        expect: /Replace everything in local\.db \(2 rows\)/,
        get send() {
          inDatabase(project, (database) =>
            database.exec("CREATE TABLE late (x); INSERT INTO late VALUES (1)"),
          );
          return "y";
        },
      },
      { expect: /changed by someone else[^]*Replace everything in local\.db \(3 rows\)/, send: "n" },
    ],
  });
  expect(code).toBe(130);
  expect(output).toMatch(/late +1 row/);
});

test("restore --dry-run says what stands in its way, in words and in JSON", async () => {
  await using project = await projectWithNotes();
  const env = { CLEAN_SLATE_PRODUCTION: "local*" };
  const cli = (...args: string[]) => runCli(args, { cwd: project.dir, env });
  await cli("backup");
  await cli("protect", "--reason", "the demo's");
  const { stdout } = await cli("restore", "--dry-run");
  expect(stdout).toMatch(/^Protected: since .*: the demo's/m);
  expect(stdout).toMatch(/^Production: .* pattern local\*/m);
  expect(JSON.parse((await cli("restore", "--dry-run", "--json")).stdout)).toMatchObject({
    protection: { reason: "the demo's" },
    production: "local*",
  });
});

test("wrong usage is said, with what to type", async () => {
  await using project = await createProject({ models: MODELS });
  const cli = (...args: string[]) => runCli(args, { cwd: project.dir });
  expect(await cli("backup")).toMatchObject({ code: 1, stderr: expect.stringContaining("holds nothing") });
  expect(await cli("backups", "prune")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("--keep 5"),
  });
  expect(await cli("backups", "purge")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no "purge"'),
  });
  expect(await cli("backups")).toMatchObject({ code: 0, stdout: expect.stringContaining("no backups in") });
});
