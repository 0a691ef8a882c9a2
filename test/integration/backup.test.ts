import fc from "fast-check";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createClient, type Client } from "@libsql/client/sqlite3";
import Sqlite from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { backupDatabase } from "../../src/actions/backup.ts";
import { readBackups, pruneToNewest } from "../../src/actions/backups.ts";
import { performRebuild } from "../../src/actions/perform-rebuild.ts";
import { performRestore } from "../../src/actions/perform-restore.ts";
import { prepareRebuild } from "../../src/actions/prepare-rebuild.ts";
import { prepareRestore } from "../../src/actions/prepare-restore.ts";
import { contentHashOf } from "../../src/database/content-hash.ts";
import type { Database } from "../../src/database/database.ts";
import { readSnapshot } from "../../src/database/inspect.ts";
import { openLocal } from "../../src/database/local.ts";
import { readTables } from "../../src/database/read-tables.ts";
import { openRemote } from "../../src/database/remote.ts";
import { primaryFromUrl } from "../../src/database/target.ts";
import { createdObjects, storedTables } from "../../src/schema/stored-tables.ts";
import { ODD_DATABASE } from "../support/odd-database.ts";
import { createProject } from "../support/project.ts";
import { randomDatabase, type RandomStatement } from "../support/random-database.ts";
import { createDeps, createTarget, query, runScript, type RebuildTarget } from "../support/rebuild-target.ts";
import { skipSqld } from "../support/sqld-binary.ts";
import { startSqld } from "../support/sqld.ts";

const USERS = `import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
export const users = sqliteTable("users", { id: integer().primaryKey({ autoIncrement: true }), name: text() });`;

/** Schema to the letter, and every value with its storage class. */
async function contentOf(database: Database): Promise<unknown> {
  const { rows } = await readSnapshot(database);
  const pages = readTables((queries) => database.read(queries), storedTables(rows), {
    first: 3,
    together: 1,
  });
  const hash = await contentHashOf(pages);
  const objects = createdObjects(rows).map(({ type, name, table, sql }) =>
    [type, name, table, sql].join("|"),
  );
  database.close();
  return { objects: objects.toSorted(), hash: hash.digest(), rows: Object.fromEntries(hash.rows) };
}

function truthOf({ deps, sqld }: Pick<RebuildTarget, "deps" | "sqld">): Database {
  return sqld ? openRemote(primaryFromUrl(sqld.url, null, 10_000)) : openLocal(deps.config.path.value);
}

async function restore(deps: RebuildTarget["deps"], name = "latest") {
  return performRestore(deps, await prepareRestore(deps, { name }));
}

async function rebuild(deps: RebuildTarget["deps"], options = {}) {
  return performRebuild(deps, await prepareRebuild(deps, options));
}

async function runStatements(client: Client, statements: readonly RandomStatement[]): Promise<void> {
  await client.execute("PRAGMA foreign_keys=OFF");
  for (const { sql, args } of statements) await client.execute({ sql, args: [...args] });
  client.close();
}

/** A database another program has open, made with a script. */
function openSqlite(path: string, script: string): Sqlite.Database & Disposable {
  const database = new Sqlite(path);
  database.exec(script);
  return Object.assign(database, { [Symbol.dispose]: () => void database.close() });
}

function runSqlite({ deps }: RebuildTarget, script: string): void {
  using _ = openSqlite(deps.config.path.value, script);
}

/** A clock by which something happens when the copy is made and nothing is dropped yet: it is asked first for the lock, then for the manifest. */
function afterTheCopy(happen: () => void): () => Date {
  let asked = 0;
  return () => {
    asked += 1;
    if (asked === 2) happen();
    return new Date();
  };
}

const clientOf = (path: string): Client => createClient({ url: pathToFileURL(path).href, intMode: "bigint" });

test("any local database comes back from its backup with the same schema, values and storage classes", async () => {
  await fc.assert(
    fc.asyncProperty(randomDatabase, fc.constantFrom("delete", "wal"), async (statements, mode) => {
      await using project = await createProject();
      const deps = createDeps(project);
      const journal = { sql: `PRAGMA journal_mode=${mode}`, args: [] };
      await runStatements(clientOf(project.path("local.db")), [journal, ...statements]);
      const before = await contentOf(openLocal(project.path("local.db")));
      await backupDatabase(deps, {});
      await runScript(
        { open: () => clientOf(project.path("local.db")) as never },
        `DROP TABLE "t 0"""; CREATE TABLE other (x); INSERT INTO other VALUES (1); CREATE TABLE "t 1"(y)`,
      ).catch(() => {});
      await restore(deps);
      expect(await contentOf(openLocal(project.path("local.db")))).toEqual(before);
    }),
    { numRuns: 40 },
  );
}, 120_000);

describe("a local file", () => {
  const FILL = `CREATE TABLE t (x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
    INSERT INTO t SELECT hex(randomblob(50)) FROM n;`;

  test("is copied byte by byte", async () => {
    await using project = await createProject();
    using database = openSqlite(project.path("local.db"), FILL);
    const { backup } = await backupDatabase(createDeps(project), {});
    expect((await readFile(backup.path)).equals(await readFile(database.name))).toBe(true);
  });

  test("that is mostly free is copied without what is free", async () => {
    await using project = await createProject();
    using database = openSqlite(project.path("local.db"), `${FILL} DELETE FROM t WHERE rowid > 10`);
    const { backup } = await backupDatabase(createDeps(project), {});
    expect(backup.bytes).toBeLessThan((await stat(database.name)).size / 4);
    expect(backup.rows).toBe(10);
  });

  test("whose newest rows stand in its log is copied with them", async () => {
    await using project = await createProject();
    using database = openSqlite(project.path("local.db"), `PRAGMA journal_mode=WAL; ${FILL}`);
    const { backup } = await backupDatabase(createDeps(project), {});
    expect((await stat(`${database.name}-wal`)).size).toBeGreaterThan(0);
    database.pragma("wal_checkpoint(TRUNCATE)");
    const file = await readFile(database.name);
    file.fill(1, 18, 20); // a file without a log
    expect((await readFile(backup.path)).equals(file)).toBe(true);
  });

  test.each(["delete", "wal"])(
    "with what VACUUM makes wrong is copied in journal mode %s too",
    async (mode) => {
      await using project = await createProject();
      const path = project.path("local.db");
      const vectors = `CREATE TABLE t (id INTEGER PRIMARY KEY, v F32_BLOB(2), g AS (id * 2) STORED);
      CREATE INDEX t_v ON t (libsql_vector_idx(v)); INSERT INTO t (v) VALUES (vector32('[1,2]'))`;
      await runScript({ open: () => clientOf(path) }, `PRAGMA journal_mode=${mode}; ${vectors}`);
      const before = await contentOf(openLocal(path));
      await backupDatabase(createDeps(project), {});
      await runScript({ open: () => clientOf(path) }, "DROP TABLE t");
      await restore(createDeps(project));
      expect(await contentOf(openLocal(path))).toEqual(before);
    },
  );

  test("with a row that a CHECK would not let in is copied too", async () => {
    await using project = await createProject();
    const script = `CREATE TABLE t (n INTEGER CHECK (n > 0)); PRAGMA ignore_check_constraints=ON; INSERT INTO t VALUES (-5)`;
    using _ = openSqlite(project.path("local.db"), script);
    const { backup } = await backupDatabase(createDeps(project), {});
    expect(backup.rows).toBe(1);
  });

  test.each(["delete", "wal"])(
    "is copied as it is at one moment while another process writes: %s",
    async (mode) => {
      await using project = await createProject();
      const writer = spawn(process.execPath, ["--eval", WRITER, mode], {
        cwd: project.dir,
        stdio: ["ignore", "pipe", "inherit"],
      });
      try {
        await once(writer.stdout, "data"); // it has begun
        for (let copies = 0; copies < 3; copies++) {
          const { backup } = await backupDatabase(createDeps(project), {});
          using copy = openSqlite(backup.path, "");
          expect(copy.pragma("integrity_check", { simple: true })).toBe("ok");
          // a transaction writes two rows whose sum is nothing
          expect(copy.prepare("SELECT total(x) AS sum, count(*) % 2 AS odd FROM pairs").get()).toEqual({
            sum: 0,
            odd: 0,
          });
        }
      } finally {
        writer.kill();
      }
    },
  );

  const WRITER = `const db = new (require("better-sqlite3"))("local.db", { timeout: 60000 });
    db.exec("PRAGMA journal_mode=" + process.argv[1] + "; PRAGMA wal_autocheckpoint=20; CREATE TABLE pairs (x, filler)");
    const insert = db.prepare("INSERT INTO pairs VALUES (?, hex(randomblob(2000)))");
    const pair = db.transaction((x) => { insert.run(x); insert.run(-x); });
    const rest = new Int32Array(new SharedArrayBuffer(4)); // without one SQLite lets nobody else in, for as long as it likes
    for (let x = 1; ; x++) { pair(x); Atomics.wait(rest, 0, 0, 1); if (x === 3) console.log("begun"); }`;
});

test.skipIf(skipSqld)(
  "any primary comes back from its backup with the same schema, values and storage classes",
  async () => {
    await using sqld = await startSqld();
    await using project = await createProject();
    const url = { url: { value: sqld.url, origin: "test" }, remoteOnly: true };
    const deps = createDeps(project, url);
    const truth = () => truthOf({ deps, sqld });
    await fc.assert(
      fc.asyncProperty(randomDatabase, async (statements) => {
        // the statements are bound locally, where a driver binds everything; a restore carries them to the primary
        await using source = await createProject();
        const local = createDeps(source, { backups: deps.config.backups });
        await runStatements(clientOf(source.path("local.db")), statements);
        const before = await contentOf(openLocal(source.path("local.db")));
        const { backup } = await backupDatabase(local, {});
        await restore(deps, backup.name);
        expect(await contentOf(truth())).toEqual(before);
        const copy = await backupDatabase(deps, {});
        await truth().transact(['CREATE TABLE "later" (x)'], []);
        await restore(deps, copy.backup.name);
        expect(await contentOf(truth())).toEqual(before);
      }),
      { numRuns: 12 },
    );
  },
  120_000,
);

const KINDS = skipSqld ? (["local"] as const) : (["local", "replica", "replica v2", "remote"] as const);

describe.each(KINDS)("a %s target", (kind) => {
  test("is backed up before a rebuild, and restore undoes the rebuild; once more undoes the restore", async () => {
    await using target = await createTarget(kind, { models: { "users.ts": USERS } });
    await runScript(target, ODD_DATABASE);
    const before = await contentOf(truthOf(target));
    const { backup } = await rebuild(target.deps);
    expect(backup?.backup).toMatchObject({ reason: "before apply-migration", objects: 34 });
    const after = await contentOf(truthOf(target));
    expect(after).not.toEqual(before);
    const undone = await restore(target.deps);
    expect(await contentOf(truthOf(target))).toEqual(before);
    expect(undone.backup?.backup.reason).toBe("before restore");
    expect(await query(target, "SELECT rowid FROM ft WHERE ft MATCH 'b'")).toEqual([{ rowid: 1n }]);
    expect(await query(target, "SELECT id FROM vector_top_k('films_idx', vector32('[1,2,3]'), 1)")).toEqual([
      { id: 1n },
    ]);
    expect(await query(target, "SELECT id FROM places WHERE minx < 1")).toEqual([{ id: 1n }]);
    expect(await query(target, "SELECT * FROM pragma_integrity_check")).toEqual([{ integrity_check: "ok" }]);
    await restore(target.deps);
    expect(await contentOf(truthOf(target))).toEqual(after);
  });

  test("makes no backup when it is empty, and none when asked not to", async () => {
    await using target = await createTarget(kind, { models: { "users.ts": USERS } });
    expect((await rebuild(target.deps)).backup).toBeNull();
    expect((await rebuild(target.deps, { backup: false })).backup).toBeNull();
    expect(readBackups(target.deps).backups).toEqual([]);
    expect((await rebuild(target.deps)).backup?.backup.rows).toBe(0);
  });

  test("is left as it is when the backup cannot be written", async () => {
    await using target = await createTarget(kind, { models: { "users.ts": USERS } });
    await runScript(target, "CREATE TABLE precious (x); INSERT INTO precious VALUES (1)");
    const before = await contentOf(truthOf(target));
    await target.project.write(".clean-slate/backups", "a file where the folder should be");
    await expect(rebuild(target.deps)).rejects.toMatchObject({ code: "BACKUP_FAILED" });
    expect(await contentOf(truthOf(target))).toEqual(before);
  });
});

/** A server that does not stream its answers. */
const NO_CURSOR = { kind: "status", status: 404, only: /cursor/ } as const;

describe.skipIf(skipSqld)("a backup of a primary", () => {
  test("takes one round trip when it is small", async () => {
    await using target = await createTarget("remote", { models: { "users.ts": USERS } });
    await runScript(target, ODD_DATABASE);
    target.proxy?.resetCounts();
    await rebuild(target.deps, { backup: false });
    const without = target.proxy?.counts.requests.length ?? 0;
    await runScript(target, "CREATE TABLE more (x); INSERT INTO more VALUES (1)");
    target.proxy?.resetCounts();
    await rebuild(target.deps);
    expect(target.proxy?.counts.requests.length).toBe(without + 1);
  });

  test("that gives only rows pages through tables larger than one answer, and through rows of a megabyte", async () => {
    await using target = await createTarget("remote");
    await target.proxy?.fail(NO_CURSOR);
    await runScript(
      target,
      `CREATE TABLE many (a, b); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) INSERT INTO many SELECT i, i FROM n;
       CREATE TABLE keyed (k TEXT, v, PRIMARY KEY (k, v)) WITHOUT ROWID; INSERT INTO keyed SELECT a % 10, b FROM many;
       CREATE TABLE wide (id INTEGER PRIMARY KEY, b BLOB); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 14) INSERT INTO wide SELECT i, randomblob(1000000) FROM n;`,
    );
    const before = await contentOf(truthOf(target));
    const { backup } = await backupDatabase(target.deps, {});
    expect(backup.rows).toBe(60_014);
    await runScript(target, "DROP TABLE many; DELETE FROM keyed; UPDATE wide SET b = NULL");
    await restore(target.deps);
    expect(await contentOf(truthOf(target))).toEqual(before);
  });

  test("that gives only rows has its large tables read together: fewer round trips than tables", async () => {
    const tables = Array.from({ length: 24 }, (_, index) => `t${index}`);
    await using target = await createTarget("remote");
    await target.proxy?.fail(NO_CURSOR);
    const fill = (table: string) => `CREATE TABLE ${table} (id INTEGER PRIMARY KEY, v TEXT);
       WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO ${table} SELECT i, hex(zeroblob(125)) FROM n;`;
    await runScript(target, tables.map(fill).join("\n"));
    target.proxy?.resetCounts();
    const { backup } = await backupDatabase(target.deps, {});
    expect(backup.rows).toBe(48_000);
    expect(backup.bytes).toBeGreaterThan(10_000_000);
    expect(target.proxy?.counts.requests.length).toBeLessThan(tables.length);
  });

  test("fails when the connection breaks in the middle, and nothing is listed or left", async () => {
    await using target = await createTarget("remote", { models: { "users.ts": USERS } });
    await runScript(target, "CREATE TABLE precious (x); INSERT INTO precious VALUES (1)");
    const prepared = await prepareRebuild(target.deps, {});
    await target.proxy?.fail({ kind: "truncate" });
    await expect(performRebuild(target.deps, prepared)).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    await target.proxy?.heal();
    expect(await query(target, "SELECT x FROM precious")).toEqual([{ x: 1n }]);
    expect((await readdir(target.deps.config.backups.value)).filter((name) => name !== ".gitignore")).toEqual(
      [],
    );
  });

  test("is restored over more tables than an expression has room for", async () => {
    await using target = await createTarget("remote");
    await runScript(target, "CREATE TABLE precious (x); INSERT INTO precious VALUES (1)");
    await backupDatabase(target.deps, {});
    const many = Array.from(
      { length: 1_100 },
      (_, i) => `CREATE TABLE t${i} (x); INSERT INTO t${i} VALUES (1);`,
    );
    await runScript(target, `BEGIN; ${many.join("\n")} COMMIT;`);
    await restore(target.deps);
    expect(await query(target, "SELECT name FROM sqlite_schema WHERE name LIKE 't%'")).toEqual([]);
    expect(await query(target, "SELECT x FROM precious")).toEqual([{ x: 1n }]);
  });

  test("tells whether a restore was committed when the answer to COMMIT is lost", async () => {
    await using target = await createTarget("remote");
    await runScript(target, "CREATE TABLE precious (x); INSERT INTO precious VALUES (1)");
    await backupDatabase(target.deps, {});
    await runScript(target, "DROP TABLE precious");
    const prepared = await prepareRestore(target.deps, { name: "latest" });
    let isReading = false;
    const progress = (message: string) => {
      isReading ||= message === "reading the rows back";
    };
    let requests = 0;
    // of the requests after that message the first reads the rows, the second commits
    const only = { [Symbol.search]: () => (isReading && ++requests === 2 ? 0 : -1) } as unknown as RegExp;
    await target.proxy?.fail({ kind: "lose-answer", only });
    await performRestore({ ...target.deps, progress }, prepared);
    expect(requests).toBeGreaterThan(2);
    expect(await query(target, "SELECT x FROM precious")).toEqual([{ x: 1n }]);
  });

  test("that is committed and cannot be proven says that it is committed", async () => {
    await using target = await createTarget("remote");
    await runScript(target, "CREATE TABLE precious (x); INSERT INTO precious VALUES (1)");
    await backupDatabase(target.deps, {});
    await runScript(target, "DROP TABLE precious");
    const prepared = await prepareRestore(target.deps, { name: "latest" });
    let isReading = false;
    const progress = (message: string) => {
      isReading ||= message === "reading the rows back";
    };
    let requests = 0;
    // as above, and of the two after the one that ends the connection only the first, for the run, is answered
    const only = { [Symbol.search]: () => (isReading && ![1, 4].includes(++requests) ? 0 : -1) };
    await target.proxy?.fail({ kind: "lose-answer", only: only as unknown as RegExp });
    await expect(performRestore({ ...target.deps, progress }, prepared)).rejects.toMatchObject({
      code: "CONNECTION_LOST",
      message: expect.stringContaining(
        `is restored (run ${prepared.plan.record.run_id}), but was not proven`,
      ),
    });
    expect(await query(target, "SELECT x FROM precious")).toEqual([{ x: 1n }]);
  });
});

describe("a local backup", () => {
  async function withBackup() {
    const target = await createTarget("local", { models: { "users.ts": USERS } });
    await runScript(target, "CREATE TABLE precious (x); INSERT INTO precious VALUES (1), (2)");
    const { backup } = await backupDatabase(target.deps, {});
    return { target, backup, folder: target.deps.config.backups.value };
  }

  test("is readable by its owner only, in a folder of its owner only that no repository takes", async () => {
    const { target, backup, folder } = await withBackup();
    await using _ = target;
    const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
    expect(await modeOf(backup.path)).toBe("600");
    expect(await modeOf(backup.path.replace(/db$/, "json"))).toBe("600");
    expect(await modeOf(folder)).toBe("700");
    expect(await readFile(join(folder, ".gitignore"), "utf8")).toContain("\n*\n");
    expect(backup.name).toMatch(/^\d{14}_local\.db_[0-9a-f]{16}$/);
  });

  test("is refused when a bit of it was changed, when it was cut, and when its manifest is gone", async () => {
    const { target, backup } = await withBackup();
    await using _ = target;
    const bytes = await readFile(backup.path);
    const changed = Buffer.from(bytes);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    await writeFile(backup.path, changed);
    await expect(restore(target.deps, backup.name)).rejects.toMatchObject({ code: "BACKUP_DAMAGED" });
    await truncate(backup.path, 4096);
    await expect(restore(target.deps, backup.name)).rejects.toMatchObject({ code: "BACKUP_DAMAGED" });
    expect(readBackups(target.deps).damaged).toHaveLength(1);
    await rm(backup.path.replace(/db$/, "json"));
    await expect(restore(target.deps)).rejects.toMatchObject({ code: "BACKUP_NOT_FOUND" });
    expect(readBackups(target.deps)).toEqual({ backups: [], damaged: [] });
    expect(await query(target, "SELECT count(*) AS n FROM precious")).toEqual([{ n: 2n }]);
  });

  test.each([
    ["", "x", ""],
    [" and no key", "x COLLATE NOCASE, rowid, _rowid_, oid", "DROP TABLE precious;"],
  ])(
    "whose rows would come back as others%s is not restored, and the table is named",
    async (...[, columns, drop]) => {
      const { target } = await withBackup();
      await using _ = target;
      await runScript(target, `${drop} CREATE TABLE IF NOT EXISTS precious (${columns});`);
      await runScript(
        target,
        "INSERT INTO precious (x) VALUES ('1'), ('1'), ('a'); UPDATE precious SET x = '1'",
      );
      await backupDatabase(target.deps, {});
      expect(await restore(target.deps)).toMatchObject({ replica: null });
      const prepared = await prepareRestore(target.deps, { name: "latest" });
      const before = prepared.plan.before.map((statement) => ({
        ...statement,
        sql: statement.sql.replace("precious (x", "precious (x INTEGER"), // takes '1' for 1
      }));
      const plan = { ...prepared.plan, before };
      await expect(performRestore(target.deps, { ...prepared, plan })).rejects.toMatchObject({
        code: "RESTORE_FAILED",
        message:
          'the restore failed, as it is not so that the rows of "precious" are those of the backup; the database is as it was',
      });
      expect(await query(target, "SELECT typeof(x) AS t FROM precious LIMIT 1")).toEqual([{ t: "text" }]);
    },
  );

  test("leaves nothing behind when its process died in the middle, once the next one is made", async () => {
    const { target, backup, folder } = await withBackup();
    await using _ = target;
    await copyFile(backup.path, join(folder, ".999999999-1.part"));
    expect(readBackups(target.deps).backups).toHaveLength(1);
    await backupDatabase(target.deps, {});
    expect(await readdir(folder)).not.toContain(".999999999-1.part");
    expect(readBackups(target.deps).backups).toHaveLength(2);
  });

  test("has a name that sorts behind the others also when the clock went back", async () => {
    const { target, backup } = await withBackup();
    await using _ = target;
    const next = await backupDatabase({ ...target.deps, now: () => new Date("2001-01-01") }, {});
    expect(next.backup.name > backup.name).toBe(true);
  });

  test("is found also when a name that leaves no later one lies in the folder", async () => {
    const { target, folder } = await withBackup();
    await using _ = target;
    await writeFile(join(folder, "99999999999999_somebody"), "");
    await writeFile(join(folder, "99999999999999_local.db_0000000000000000.db"), "");
    const { backup } = await backupDatabase(target.deps, { name: "mine" });
    expect(readBackups(target.deps).backups.map(({ name }) => name)).toContain(backup.name);
  });

  test("whose manifest lacks something is damaged, and the others are still listed", async () => {
    const { target, backup } = await withBackup();
    await using _ = target;
    const { backup: other } = await backupDatabase(target.deps, {});
    const manifest = backup.path.replace(/db$/, "json");
    for (const key of ["created", "rows", "reason", "fingerprint"]) {
      const whole = JSON.parse(await readFile(other.path.replace(/db$/, "json"), "utf8")) as object;
      await writeFile(manifest, JSON.stringify({ ...whole, [key]: undefined }));
      const { backups, damaged } = readBackups(target.deps);
      expect([backups.map(({ name }) => name), damaged.length]).toEqual([[other.name], 1]);
    }
  });

  test("is not restored by an empty name, nor made under one that restore takes for another", async () => {
    const { target } = await withBackup();
    await using _ = target;
    await expect(restore(target.deps, "")).rejects.toMatchObject({ code: "USAGE" });
    for (const name of ["", " ", "latest"])
      await expect(backupDatabase(target.deps, { name })).rejects.toMatchObject({ code: "USAGE" });
  });

  test("prune keeps the newest of each database, and a restore never loses the backup it needs", async () => {
    const { target, backup } = await withBackup();
    await using _ = target;
    for (let index = 0; index < 21; index++) await backupDatabase(target.deps, {});
    const { backups } = readBackups(target.deps);
    expect(backups).toHaveLength(20);
    expect(backups.map(({ name }) => name)).not.toContain(backup.name);
    const oldest = backups[0]?.name ?? "";
    const { backup: made } = await restore(target.deps, oldest);
    expect(made?.pruned).toEqual([]); // the one that was restored is not counted
    const { pruned } = await backupDatabase(target.deps, {});
    expect(pruned.map(({ name }) => name)).toEqual([oldest, backups[1]?.name]);
    expect(pruneToNewest(target.deps, "2")).toHaveLength(18);
    expect(readBackups(target.deps).backups).toHaveLength(2);
    expect(() => pruneToNewest(target.deps, "0")).toThrow(expect.objectContaining({ code: "USAGE" }));
  });

  test("goes again when the rebuild it was made for is rolled back, and makes room when that is done", async () => {
    const { target } = await withBackup();
    await using _ = target;
    for (let index = 0; index < 19; index++) await backupDatabase(target.deps, {});
    const names = () => readBackups(target.deps).backups.map(({ name }) => name);
    const [oldest] = names();
    const prepared = await prepareRebuild(target.deps, {});
    const now = afterTheCopy(() => runSqlite(target, "INSERT INTO precious VALUES (3)"));
    await expect(performRebuild({ ...target.deps, now }, prepared)).rejects.toMatchObject({
      code: "DATABASE_CHANGED",
    });
    expect(names()).toHaveLength(20);
    expect(names()).toContain(oldest);
    const { backup } = await rebuild(target.deps);
    expect(backup?.pruned.map(({ name }) => name)).toContain(oldest);
    expect(names()).toHaveLength(20);
  });

  test("a named one is found by its name and outlives the automatic limits", async () => {
    const { target } = await withBackup();
    await using _ = target;
    await backupDatabase(target.deps, { name: "before the demo" });
    for (let index = 0; index < 22; index++) await backupDatabase(target.deps, {});
    await runScript(target, "DELETE FROM precious");
    await restore(target.deps, "before the demo");
    expect(await query(target, "SELECT count(*) AS n FROM precious")).toEqual([{ n: 2n }]);
  });

  test("a program that has the file open sees the restored rows on the same connection", async () => {
    const { target } = await withBackup();
    await using _ = target;
    const open = target.open();
    expect(Number((await open.execute("SELECT count(*) AS n FROM precious")).rows[0]?.["n"])).toBe(2);
    await rebuild(target.deps);
    await expect(open.execute("SELECT count(*) FROM precious")).rejects.toThrow("no such table");
    await restore(target.deps);
    expect(Number((await open.execute("SELECT count(*) AS n FROM precious")).rows[0]?.["n"])).toBe(2);
    open.close();
  });

  test.each(
    ["rebuild", "restore"].flatMap((kind) =>
      ["INSERT INTO precious VALUES (3)", "UPDATE precious SET x = 3"].map((sql) => [kind, sql] as const),
    ),
  )("a row written between the backup and the drop stops the drop of a %s: %s", async (kind, sql) => {
    const { target } = await withBackup();
    await using _ = target;
    const now = afterTheCopy(() => runSqlite(target, sql));
    const deps = { ...target.deps, now };
    const running =
      kind === "rebuild"
        ? performRebuild(deps, await prepareRebuild(target.deps, {}))
        : performRestore(deps, await prepareRestore(target.deps, { name: "latest" }));
    await expect(running).rejects.toMatchObject({ code: "DATABASE_CHANGED" });
    expect(await query(target, "SELECT max(x) AS x FROM precious")).toEqual([{ x: 3n }]);
  });
});
