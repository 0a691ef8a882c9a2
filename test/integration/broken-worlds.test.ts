import { createClient } from "@libsql/client/sqlite3";
import Database from "better-sqlite3";
import { spawnSync } from "node:child_process";
import {
  chownSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { performRebuild } from "../../src/actions/perform-rebuild.ts";
import { prepareRebuild } from "../../src/actions/prepare-rebuild.ts";
import { createProject, type Project } from "../support/project.ts";
import { createDeps, createTarget, pictureOf, query, runScript } from "../support/rebuild-target.ts";
import { manage, resultOf, runCli, startCli } from "../support/run-cli.ts";
import { skipSqld, startSqld } from "../support/sqld.ts";
import { createTokenKeys, mintToken } from "../support/tokens.ts";

const MODELS = {
  "all.ts": `import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
export const fresh = sqliteTable("fresh", { id: integer().primaryKey(), note: text() });
`,
};
const ROWS =
  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i, hex(randomblob(100)) FROM n";
const OLD = `CREATE TABLE old (id INTEGER PRIMARY KEY, note TEXT); INSERT INTO old ${ROWS};`;

const isRoot = process.getuid?.() === 0;
const code = (name: string): object => expect.objectContaining({ code: name }) as object;

function sql(project: Project, script: string): void {
  const database = new Database(project.path("local.db"));
  database.exec(script);
  database.close();
}

const count = (project: Project): unknown => {
  const database = new Database(project.path("local.db"), { readonly: true });
  const rows = database.prepare("SELECT count(*) FROM old").pluck().get();
  const verdict = database.pragma("integrity_check", { simple: true });
  database.close();
  return { rows, verdict };
};

/** Runs the program as a user whom permissions bind, also where the tests run as root. */
function asPlainUser(project: Project, args: readonly string[]) {
  const program = [...manage(), ...args];
  const drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
  const [file = "", ...rest] = isRoot ? [...drop, ...program] : program;
  return spawnSync(file, rest, {
    cwd: project.dir,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], TMPDIR: project.path("tmp") },
  });
}

const canDropRoot =
  !isRoot || (process.platform === "linux" && spawnSync("setpriv", ["--version"]).status === 0);
if (!canDropRoot)
  process.emitWarning(
    "no setpriv: the tests of read-only folders are skipped, because root may write anywhere",
  );

describe.skipIf(process.platform === "win32" || !canDropRoot)("a place that cannot be written", () => {
  const prepare = async () => {
    const project = await createProject({ models: MODELS, files: { "tmp/.keep": "" } });
    sql(project, OLD);
    if (isRoot)
      for (const name of [".", "local.db", "tmp", "models", "models/all.ts"])
        chownSync(project.path(name), 65534, 65534);
    return project;
  };

  test.each([
    ["a read-only file", "local.db", 0o444],
    ["a read-only folder", ".", 0o555],
  ])("%s is left as it is", async (_, name, mode) => {
    await using project = await prepare();
    chmodSync(project.path(name), mode);
    const { status, stderr } = asPlainUser(project, ["apply-migration", "--yes"]);
    chmodSync(project.path(name), 0o755);
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^error: .*(?:cannot|permission)/m),
    });
    expect(stderr).not.toContain("internal error");
    expect(count(project)).toEqual({ rows: 5000, verdict: "ok" });
  });

  test("a folder of backups stops a rebuild before anything is dropped", async () => {
    await using project = await prepare();
    const folder = project.path(".clean-slate/backups");
    mkdirSync(folder, { recursive: true });
    const { status, stderr } = asPlainUser(project, ["apply-migration", "--yes"]);
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`there is no backup: cannot write a backup into "${folder}" (EACCES)`),
    });
    expect(count(project)).toEqual({ rows: 5000, verdict: "ok" });
  });

  test.each<[string, string[], RegExp]>([
    ["a rebuild", ["apply-migration", "--yes"], /\(nothing was changed; --no-backup goes on without one\)$/m],
    ["a backup", ["backup"], /--backup-dir$/m],
  ])("%s says so where the folder of backups cannot be made", async (_, args, hint) => {
    await using project = await prepare();
    mkdirSync(project.path("closed"), { mode: 0o555 });
    const { status, stderr } = asPlainUser(project, [...args, "--backup-dir", "closed/backups"]);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^error: there is no backup: cannot write a backup into ".*closed\/backups" \(EACCES\)$/m,
    );
    expect(stderr).toMatch(hint);
    expect(count(project)).toEqual({ rows: 5000, verdict: "ok" });
  });
});

/** Lets a shell run the program as its `"$@"`. */
function inShell(project: Project, script: string, args: readonly string[]) {
  return runCli(args, { cwd: project.dir, program: ["bash", "-c", script, "bash", ...manage()] });
}

test.skipIf(process.platform === "win32")(
  "a model that writes where nobody reads any more ends no rebuild",
  async () => {
    const noise = `for (let i = 0; i < 2000; i++) { process.stdout.write("noise\\n"); process.stderr.write("noise\\n"); }`;
    await using project = await createProject({ models: MODELS, files: { "models/noise.js": noise } });
    const unread = `{ "$@"; echo $? >code; } 2> >(true) | true; while [ ! -s code ]; do sleep 0.1; done`;
    await inShell(project, unread, ["apply-migration", "--yes"]);
    expect(await project.read("code")).toBe("0\n");
    expect(existsSync(project.path("local.db"))).toBe(true);
  },
);

test.skipIf(process.platform !== "linux").each([
  [">", /^error: cannot write the output \(ENOSPC\)\nnext: make room .*\n$/m],
  ["2>", /^$/],
])("a rebuild whose words go %s onto a full disk is finished, and has failed", async (redirection, said) => {
  await using project = await createProject({ models: MODELS });
  const { code: exitCode, stderr } = await inShell(project, `"$@" ${redirection} /dev/full`, [
    "apply-migration",
    "--yes",
  ]);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(said);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(existsSync(project.path("local.db"))).toBe(true);
});

describe.skipIf(process.platform === "win32")("a disk that is full", () => {
  test.each([
    ["while the backup is written", 64, []],
    ["in the transaction", 8, ["--no-backup"]],
  ])("%s leaves the database as it is", async (_, kilobytes, flags) => {
    await using project = await createProject({ models: MODELS });
    sql(project, OLD);
    // What is made of the models is kept, so that the limit meets the database and not that.
    expect((await runCli(["apply-migration", "--dry-run"], { cwd: project.dir })).code).toBe(0);
    // It ends writing as a full disk does, for this one process and without anybody's leave.
    const limited = `ulimit -f ${kilobytes}; exec "$@"`;
    const result = await inShell(project, limited, ["apply-migration", "--yes", ...flags]);
    expect(result).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error: .*(?:disk|room)/m) });
    expect(count(project)).toEqual({ rows: 5000, verdict: "ok" });
    expect((await runCli(["apply-migration", "--yes"], { cwd: project.dir })).code).toBe(0);
  });
});

describe("a file that is", () => {
  const refused = async (project: Project, expected: string) => {
    const before = readFileSync(project.path("local.db"));
    const deps = createDeps(project);
    const running = prepareRebuild(deps, {}).then((prepared) => performRebuild(deps, prepared));
    await expect(running).rejects.toThrow(code(expected));
    expect(readFileSync(project.path("local.db")).equals(before)).toBe(true);
  };

  test("encrypted is refused and left as it is", async () => {
    await using project = await createProject({ models: MODELS });
    const client = createClient({ url: `file:${project.path("local.db")}`, encryptionKey: "secret key" });
    await client.executeMultiple("CREATE TABLE old (id); INSERT INTO old VALUES (1);");
    client.close();
    await refused(project, "DATABASE_UNREADABLE");
  });

  test("corrupt in a table is refused, because it cannot be backed up, and left as it is", async () => {
    await using project = await createProject({ models: MODELS });
    sql(project, OLD);
    const bytes = readFileSync(project.path("local.db"));
    bytes.fill(0xee, 4096 * 3, 4096 * 40);
    writeFileSync(project.path("local.db"), bytes);
    await refused(project, "DATABASE_UNREADABLE");
  });
});

describe("a crash of another program", () => {
  const crash = async (mode: string) => {
    const project = await createProject({ models: MODELS });
    sql(project, `PRAGMA journal_mode=${mode}; ${OLD}`);
    const script = `const db = new (require("better-sqlite3"))("local.db"); db.pragma("cache_size=5"); db.pragma("wal_autocheckpoint=0");
      ${mode === "wal" ? "" : 'db.exec("BEGIN");'} db.exec("DELETE FROM old WHERE id > 4000");
      process.kill(process.pid, "SIGKILL");`;
    spawnSync(process.execPath, ["--eval", script], { cwd: project.dir });
    return project;
  };

  test.each([
    ["that left a committed transaction in the log is seen with that transaction", "wal", "-wal", 4000],
    ["that left half a transaction in the journal is seen without it", "delete", "-journal", 5000],
  ] as const)("%s", async (...[, mode, sidecar, rows]) => {
    await using project = await crash(mode);
    expect(existsSync(project.path(`local.db${sidecar}`))).toBe(true);
    const prepared = await prepareRebuild(createDeps(project), { isReviewed: true });
    expect(prepared.losses).toMatchObject([{ name: "old", rows }]);
    await performRebuild(createDeps(project), prepared);
    const database = new Database(project.path("local.db"), { readonly: true });
    expect(database.prepare("SELECT count(*) FROM fresh").pluck().get()).toBe(0);
    expect(database.pragma("integrity_check", { simple: true })).toBe("ok");
    database.close();
  });
});

test("a model that fails halfway stops the rebuild before it begins", async () => {
  await using project = await createProject({
    models: { ...MODELS, "zz.ts": `export const half = 1; throw new Error("halfway");` },
  });
  sql(project, OLD);
  const { code: status, stderr } = await runCli(["apply-migration", "--yes"], { cwd: project.dir });
  expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining("halfway") });
  expect(count(project)).toEqual({ rows: 5000, verdict: "ok" });
});

test("two rebuilds at once: each is done or refused by name, and the database is the new one", async () => {
  await using project = await createProject({ models: MODELS });
  sql(project, OLD);
  const children = [1, 2, 3].map(() =>
    startCli(["apply-migration", "--yes", "--json"], { cwd: project.dir }),
  );
  const results = await Promise.all(children.map((child) => resultOf(child)));
  const codes = results.map(
    ({ stdout }) => (JSON.parse(stdout) as { error?: { code: string } }).error?.code ?? "done",
  );
  expect(codes).toContain("done");
  for (const name of codes) expect(["done", "LOCKED", "DATABASE_CHANGED", "DATABASE_BUSY"]).toContain(name);
  expect(() => count(project)).toThrow("no such table: old");
  expect(readdirSync(project.dir).filter((name) => name.includes("lock"))).toEqual([]);
});

describe.skipIf(skipSqld)("a primary", () => {
  test("whose token expires between the prompt and the drop is left as it is", async () => {
    const keys = createTokenKeys();
    await using sqld = await startSqld({ auth: keys });
    await using project = await createProject({ models: MODELS });
    const forever = mintToken(keys);
    // The server lets an expired token in for a minute.
    const brief = mintToken(keys, { expiresIn: -57 });
    const config = { url: { value: sqld.url, origin: "test" }, remoteOnly: true };
    const deps = (token: string) =>
      createDeps(project, { ...config, authToken: { value: token, origin: "test" } });
    await performRebuild(deps(forever), await prepareRebuild(deps(forever), {}));
    const prepared = await prepareRebuild(deps(brief), {});
    await sleep(5000);
    await expect(performRebuild(deps(brief), prepared)).rejects.toThrow(code("AUTH_EXPIRED"));
    const after = await prepareRebuild(deps(forever), {});
    expect(after.plan.statements[0]?.sql).toBe(prepared.plan.statements[0]?.sql);
  });

  test("that goes away between the commit and the sync is rebuilt, which is said, and sync mends the replica", async () => {
    await using target = await createTarget("replica", { models: MODELS });
    await runScript(target, "CREATE TABLE old (id)");
    const prepared = await prepareRebuild(target.deps, {});
    const progress = (message: string): void => {
      if (message.startsWith("syncing") && target.sqld?.pid !== undefined)
        process.kill(target.sqld.pid, "SIGKILL");
    };
    await expect(performRebuild({ ...target.deps, progress }, prepared)).rejects.toThrow(
      "the primary is rebuilt and proven, but its replica is not",
    );
    await target.sqld?.restart();
    expect(await query(target, "SELECT count(*) AS n FROM fresh")).toEqual([{ n: 0n }]);
    const env = { TURSO_DATABASE_URL: target.sqld?.url ?? "" };
    expect(await runCli(["sync"], { cwd: target.project.dir, env })).toMatchObject({ code: 0 });
  });

  test("that is restarted between the prompt and the drop is rebuilt, with what was shown", async () => {
    await using target = await createTarget("remote", { models: MODELS });
    await runScript(target, OLD);
    const prepared = await prepareRebuild(target.deps, { isReviewed: true });
    const before = await pictureOf(target);
    await target.sqld?.kill();
    await expect(performRebuild(target.deps, prepared)).rejects.toThrow(/as it was|refused|broke|answers/);
    await target.sqld?.restart();
    expect(await pictureOf(target)).toBe(before);
    await performRebuild(target.deps, prepared);
    expect(await query(target, "SELECT count(*) AS n FROM fresh")).toEqual([{ n: 0n }]);
  });
});
