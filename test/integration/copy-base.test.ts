import { existsSync } from "node:fs";
import { copyFile, readdir, readFile, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { describe, expect, test, vi } from "vitest";
import { backupDatabase } from "../../src/actions/backup.ts";
import type { Deps } from "../../src/actions/deps.ts";
import { performRestore } from "../../src/actions/perform-restore.ts";
import { prepareRestore } from "../../src/actions/prepare-restore.ts";
import { syncTarget } from "../../src/actions/sync.ts";
import { holdersOf } from "../../src/database/holders.ts";
import { openLocal } from "../../src/database/local.ts";
import { cursorAnswer } from "../support/cursor-answer.ts";
import { cursorsOf, hashOfBackup, LARGE } from "../support/large-database.ts";
import { createTarget, query, runScript, type RebuildTarget } from "../support/rebuild-target.ts";
import { skipSqld } from "../support/sqld-binary.ts";

const pathOf = (target: RebuildTarget): string => target.project.path("local.db");

/** The same project, which knows of no replica. */
const withoutReplica = (deps: Deps): Deps => ({ ...deps, config: { ...deps.config, remoteOnly: true } });

async function createSynced(kind: "replica" | "replica v2", more = ""): Promise<RebuildTarget> {
  const target = await createTarget(kind);
  await runScript(target, LARGE + more);
  await sync(target);
  return target;
}

/** Until nobody has the replica open: who closes it last may write its log into it, and remove that. */
async function sync(target: RebuildTarget): Promise<void> {
  await syncTarget(target.deps);
  await vi.waitFor(async () => expect(await holdersOf(pathOf(target))).toEqual([]), { timeout: 10_000 });
}

interface Made {
  readonly path: string;
  readonly bytes: number;
  /** How much the primary has said meanwhile. */
  readonly received: number;
  readonly cursors: number;
}

async function backUp(target: RebuildTarget): Promise<Made> {
  target.proxy?.resetCounts();
  const { backup } = await backupDatabase(target.deps, {});
  const made = { path: backup.path, bytes: backup.bytes, received: target.proxy?.counts.bytes ?? 0 };
  return { ...made, cursors: cursorsOf(target) };
}

/** Page by page from the primary alone. */
async function hashOfPrimary(target: RebuildTarget): Promise<string> {
  const { backup } = await backupDatabase(withoutReplica(target.deps), {});
  return hashOfBackup(backup.path);
}

async function expectSame(target: RebuildTarget, made: Made): Promise<void> {
  expect(await hashOfBackup(made.path)).toBe(await hashOfPrimary(target));
}

/** Replaces text in the table and in its index alike. Answers whether there was any. */
async function replaceIn(path: string, text: string, other: string): Promise<boolean> {
  const bytes = await readFile(path, "latin1");
  await writeFile(path, bytes.replaceAll(text, other), "latin1");
  return bytes.includes(text);
}

/** A file as such, which fails when it is read: on Linux the memory at address 0. */
async function replaceByUnreadable(path: string): Promise<void> {
  await rm(path);
  await symlink("/proc/self/mem", path);
}

describe.skipIf(skipSqld)("the backup of a primary with a replica", () => {
  test.each(["replica", "replica v2"] as const)("fetches no page the %s has too", async (kind) => {
    await using target = await createSynced(kind);
    const whole = await backupDatabase(withoutReplica(target.deps), {});
    const made = await backUp(target);
    expect(made.cursors).toBe(1);
    expect(made.received).toBeLessThan(20_000);
    expect((await readFile(made.path)).equals(await readFile(whole.backup.path))).toBe(true);
    expect((await stat(made.path)).mode & 0o777).toBe(0o600);
  });

  test("fetches the pages that have changed since the last sync, and is what the primary holds now", async () => {
    await using target = await createSynced("replica");
    await runScript(
      target,
      "UPDATE many SET a = -1 WHERE rowid = 7; CREATE TABLE later (x); INSERT INTO later VALUES (1)",
    );
    const made = await backUp(target);
    expect(made.cursors).toBe(2);
    expect(made.received).toBeLessThan(made.bytes / 10);
    await expectSame(target, made);
    await runScript(target, "DROP TABLE later; DELETE FROM many");
    await performRestore(target.deps, await prepareRestore(target.deps, { name: "latest" }));
    expect(await query(target, "SELECT count(*) AS rows FROM many WHERE a = -1")).toEqual([{ rows: 1n }]);
  });

  test("does not believe a replica that somebody has written into", async () => {
    await using target = await createSynced("replica");
    const replica = openLocal(pathOf(target));
    await replica.transact(["UPDATE many SET b = 'mine' WHERE rowid = 3"], []);
    replica.close();
    const made = await backUp(target);
    expect(made.cursors).toBe(2);
    await expectSame(target, made);
  });

  test("does not believe bytes that fit together and are not the primary's", async () => {
    await using target = await createSynced("replica", "INSERT INTO many VALUES (0, 'kept as it is')");
    const files = [pathOf(target), `${pathOf(target)}-wal`].filter((file) => existsSync(file));
    const changed = await Promise.all(files.map((file) => replaceIn(file, "kept as it is", "kept AS IT is")));
    expect(changed).toContain(true);
    const made = await backUp(target);
    expect(made.cursors).toBe(2);
    await expectSame(target, made);
  });

  test.each<[string, (path: string) => Promise<void>]>([
    ["is not there", async (path) => rm(path)],
    ["is empty", async (path) => truncate(path, 0)],
    ["is no database", async (path) => writeFile(path, "x".repeat(50_000))],
    ["is cut off within a page", async (path) => truncate(path, 5000)],
    ["has a log of other pages", async (path) => copyFile(path, `${path}-wal`)],
    ["has a log that is cut off", async (path) => writeFile(`${path}-wal`, Buffer.alloc(20))],
    ["cannot be read", async (path) => replaceByUnreadable(path)],
  ])("is whole where the replica's file %s", async (_, spoil) => {
    await using target = await createSynced("replica");
    await spoil(pathOf(target));
    await expectSame(target, await backUp(target));
  });

  test("is made of rows where the index of a table is damaged, on the primary as in the replica", async () => {
    await using target = await createSynced("replica");
    const pageOfIndex = "SELECT max(pageno) FROM dbstat WHERE name = 'by_b' AND pagetype = 'leaf'";
    await runScript(target, `UPDATE sqlite_dbpage SET data = zeroblob(4096) WHERE pgno = (${pageOfIndex})`);
    await expect(syncTarget(target.deps)).rejects.toMatchObject({ code: "REPLICA_BROKEN" });
    expect(await holdersOf(pathOf(target))).toEqual([]); // who still had them open would remove a log made anew
    const made = await backUp(target);
    expect(made.cursors).toBe(2); // through the replica, then without it: both times the pages are the primary's
    const backup = openLocal(made.path);
    expect(await backup.read(["PRAGMA integrity_check"])).toEqual([[{ integrity_check: "ok" }]]);
    backup.close();
  });

  test("leaves out what is free on the primary", async () => {
    await using target = await createSynced("replica");
    await runScript(target, "DELETE FROM many WHERE rowid > 9000");
    const behind = await backUp(target);
    await sync(target);
    const level = await backUp(target);
    expect([behind.cursors, level.cursors]).toEqual([2, 1]);
    const [size] = await query(
      target,
      "SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size",
    );
    for (const made of [behind, level]) {
      expect(made.bytes).toBeLessThan(Number(size?.["bytes"]) * 0.75);
      await expectSame(target, made);
    }
  });

  test.each([
    ["truncate", "CONNECTION_LOST"],
    ["hang", "TIMEOUT"],
  ] as const)("fails when the answer with the hashes does %s, and nothing is left", async (kind, code) => {
    await using target = await createSynced("replica");
    await target.proxy?.fail({ kind, only: /cursor/ });
    const timeout = { value: 1000, origin: "test" };
    const deps = { ...target.deps, config: { ...target.deps.config, timeout } };
    await expect(backupDatabase(deps, {})).rejects.toMatchObject({ code });
    expect(await readdir(deps.config.backups.value)).toEqual([".gitignore"]);
  });

  test("fetches every page from a server that cannot hash", async () => {
    await using target = await createSynced("replica");
    const body = cursorAnswer({ begin: 0 }, { failed: "no such function: sha3" });
    await target.proxy?.fail({ kind: "status", status: 200, body, only: /cursor/, times: 1 });
    const made = await backUp(target);
    expect(made.cursors).toBe(2);
    expect(made.received).toBeGreaterThan(made.bytes);
    await expectSame(target, made);
  });
});
