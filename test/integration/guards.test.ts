import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { backupDatabase } from "../../src/actions/backup.ts";
import { dbInfo } from "../../src/actions/db-info.ts";
import { performRebuild } from "../../src/actions/perform-rebuild.ts";
import { performRestore } from "../../src/actions/perform-restore.ts";
import { prepareRestore } from "../../src/actions/prepare-restore.ts";
import { prepareRebuild, type ApplyOptions } from "../../src/actions/prepare-rebuild.ts";
import { protectDatabase, unprotectDatabase } from "../../src/actions/protect.ts";
import { acquireLock, lockPath } from "../../src/database/lock.ts";
import { databaseName, type Target } from "../../src/database/target.ts";
import { createTarget, pictureOf, query, runScript, type RebuildTarget } from "../support/rebuild-target.ts";
import { createTemporaryFolder } from "../support/paths.ts";
import { skipSqld } from "../support/sqld.ts";

const MODELS = {
  "shop.ts": `import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
export const users = sqliteTable("users", { id: integer().primaryKey(), email: text() });
`,
};
const OLD =
  "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT); INSERT INTO users VALUES (1, 'a'), (2, 'b');";

async function rebuild(target: RebuildTarget, options: ApplyOptions = {}) {
  return performRebuild(target.deps, await prepareRebuild(target.deps, options));
}

const code = (name: string): object => expect.objectContaining({ code: name }) as object;
const targets = (["local", "replica", "remote"] as const).filter((kind) => kind === "local" || !skipSqld);

describe.concurrent.each(targets)("the guards of a %s", (kind) => {
  test("a protected database is not rebuilt, is by its name, stays protected, and can be unprotected", async () => {
    await using target = await createTarget(kind, { models: MODELS });
    await runScript(target, OLD);
    const { database } = await protectDatabase(target.deps, { reason: "the demo's" });
    const before = await pictureOf(target);
    await expect(rebuild(target)).rejects.toThrow(code("DATABASE_PROTECTED"));
    await expect(rebuild(target)).rejects.toThrow("the demo's");
    await expect(rebuild(target, { allowProtected: "another" })).rejects.toThrow(code("USAGE"));
    expect(await pictureOf(target)).toBe(before);

    await rebuild(target, { allowProtected: database });
    expect(await query(target, "SELECT * FROM users")).toEqual([]);
    const { local, primary } = await dbInfo(target.deps);
    expect(kind === "local" ? local : primary).toMatchObject({ protection: { reason: "the demo's" } });
    await expect(rebuild(target)).rejects.toThrow(code("DATABASE_PROTECTED"));

    expect(await unprotectDatabase(target.deps)).toMatchObject({ kind: "unprotected" });
    expect(await unprotectDatabase(target.deps)).toMatchObject({ kind: "unchanged" });
    await rebuild(target);
  });

  test.each([
    ["without a bookkeeping table", OLD],
    ["rebuilt before", null],
  ])("a protection set between the prompt and the drop refuses, %s", async (_, script) => {
    await using target = await createTarget(kind, { models: MODELS });
    if (script === null) await rebuild(target);
    else await runScript(target, script);
    const prepared = await prepareRebuild(target.deps, {});
    await protectDatabase(target.deps, { reason: null });
    const before = await pictureOf(target);
    const expected = script === null ? "DATABASE_PROTECTED" : "DATABASE_CHANGED";
    await expect(performRebuild(target.deps, prepared)).rejects.toThrow(code(expected));
    expect(await pictureOf(target)).toBe(before);
  });

  test.each(["INSERT INTO users VALUES (3, 'c')", "DELETE FROM users WHERE id = 1"])(
    "what a person was shown must still be so when it is dropped: %s",
    async (sql) => {
      await using target = await createTarget(kind, { models: MODELS });
      await runScript(target, OLD);
      const reviewed = await prepareRebuild(target.deps, { isReviewed: true });
      const unseen = await prepareRebuild(target.deps, {});
      await runScript(target, sql);
      await expect(performRebuild(target.deps, reviewed)).rejects.toThrow(code("DATABASE_CHANGED"));
      expect((await query(target, "SELECT count(*) AS n FROM users"))[0]).not.toEqual({ n: 0n });
      await performRebuild(target.deps, unseen);
    },
  );

  test("what a person was shown must still be so when a restore replaces it", async () => {
    await using target = await createTarget(kind, { models: MODELS });
    await runScript(target, OLD);
    await backupDatabase(target.deps, {});
    const reviewed = await prepareRestore(target.deps, { name: "latest", isReviewed: true, backup: false });
    const unseen = await prepareRestore(target.deps, { name: "latest", backup: false });
    await runScript(target, "INSERT INTO users VALUES (3, 'c')");
    await expect(performRestore(target.deps, reviewed)).rejects.toThrow(code("DATABASE_CHANGED"));
    expect(await query(target, "SELECT count(*) AS n FROM users")).toEqual([{ n: 3n }]);
    await performRestore(target.deps, unseen);
    expect(await query(target, "SELECT count(*) AS n FROM users")).toEqual([{ n: 2n }]);
  });

  test("a second rebuild at the same time is refused and names the first, which gives its lock back", async () => {
    await using target = await createTarget(kind, { models: MODELS });
    await runScript(target, OLD);
    const prepared = await prepareRebuild(target.deps, {});
    const second = await prepareRebuild(target.deps, {});
    const paths = lockPath(prepared.target, target.project.dir);
    const running = performRebuild(target.deps, prepared);
    expect(paths.map((path) => statSync(path).mode & 0o777)).toEqual(paths.map(() => 0o600));
    await expect(performRebuild(target.deps, second)).rejects.toThrow(
      `process ${process.pid} on ${hostname()}`,
    );
    await running;
    expect(paths.filter((path) => existsSync(path))).toEqual([]);
  });

  test("an interruption before the drop changes nothing, one after it lets the rebuild end", async () => {
    await using target = await createTarget(kind, { models: MODELS });
    await runScript(target, OLD);
    const prepared = await prepareRebuild(target.deps, {});
    const before = await pictureOf(target);
    const controller = new AbortController();
    const deps = { ...target.deps, signal: controller.signal };
    const running = performRebuild(deps, prepared);
    controller.abort();
    await expect(running).rejects.toThrow(code("CANCELLED"));
    expect(await pictureOf(target)).toBe(before);

    const late = new AbortController();
    const progress = (message: string): void => void (message.startsWith("rebuilding") && late.abort());
    await performRebuild({ ...target.deps, signal: late.signal, progress }, prepared);
    expect(await query(target, "SELECT * FROM users")).toEqual([]);
  });
});

test("a large table is compared by its highest rowid, and costs a rebuild nothing to look at again", async () => {
  await using target = await createTarget("local", { models: MODELS });
  const many =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i, 'x' FROM n";
  await runScript(
    target,
    `CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT); INSERT INTO users ${many};`,
  );
  const prepared = await prepareRebuild(target.deps, { isReviewed: true });
  expect(prepared.plan.statements.filter(({ refusal }) => refusal === "rows").map(({ sql }) => sql)).toEqual([
    expect.stringContaining(`(SELECT max(rowid) FROM "users") IS 20000`),
  ]);
  await runScript(target, "INSERT INTO users VALUES (20001, 'y')");
  await expect(performRebuild(target.deps, prepared)).rejects.toThrow(code("DATABASE_CHANGED"));
  const again = await prepareRebuild(target.deps, { isReviewed: true });
  await performRebuild(target.deps, again);
});

describe.skipIf(skipSqld)("protecting a primary", () => {
  test("takes two round trips, and so does a db-info after its two of measuring; one where no table has rows", async () => {
    await using target = await createTarget("replica", { models: MODELS });
    await rebuild(target);
    const requests = async (work: () => Promise<unknown>) => {
      target.proxy?.resetCounts();
      await work();
      return target.proxy?.counts.requests.filter((name) => name.includes("/pipeline")).length;
    };
    expect(await requests(() => protectDatabase(target.deps, { reason: null }))).toBe(2);
    expect(await requests(() => unprotectDatabase(target.deps))).toBe(2);
    expect(await requests(() => unprotectDatabase(target.deps))).toBe(1);
    expect(await requests(() => dbInfo(target.deps))).toBe(3);
    await runScript(target, "INSERT INTO users VALUES (1, 'x')");
    expect(await requests(() => dbInfo(target.deps))).toBe(4);
  });

  test("whose answer is lost is said to be unknown, and can be done again", async () => {
    await using target = await createTarget("remote", { models: MODELS });
    const { proxy, deps } = target;
    proxy?.setDelay(400); // leaves time between the reading and the writing
    const failure = protectDatabase(deps, { reason: null }).catch((error: unknown) => error);
    await vi.waitUntil(() => proxy?.counts.requests.length === 1, { interval: 5 });
    await proxy?.fail({ kind: "lose-answer", times: 1 });
    expect(await failure).toMatchObject({
      code: "OUTCOME_UNKNOWN",
      hint: expect.stringContaining("clean-slate db-info"),
    });
    proxy?.setDelay(0);
    expect((await dbInfo(deps)).primary).toMatchObject({ protection: { reason: null } });
    expect(await protectDatabase(deps, { reason: "again" })).toMatchObject({ kind: "protected" });
  });
});

describe("a lock", () => {
  const owner = { pid: process.pid, host: hostname(), since: "2026-01-01T00:00:00.000Z", started: null };
  const lock = async (text: string) => {
    const target = await createTarget("local");
    const path = target.project.path("local.db.clean-slate-lock");
    writeFileSync(path, text);
    return {
      path,
      take: () => acquireLock([path], new Date()),
      [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
    };
  };

  test.each([
    ["of a process that is gone", { ...owner, pid: 2 ** 22 + 1 }],
    ["of an older process with the same number", { ...owner, started: "1" }],
  ])("%s is taken over", async (_, left) => {
    await using stale = await lock(JSON.stringify(left));
    const taken = stale.take();
    expect(JSON.parse(readFileSync(stale.path, "utf8"))).toMatchObject({
      pid: process.pid,
      host: hostname(),
    });
    taken.release();
    expect(existsSync(stale.path)).toBe(false);
  });

  test.each([
    ["of a process that runs", { ...owner, pid: process.ppid }],
    ["of another machine", { ...owner, pid: 2 ** 22 + 1, host: "elsewhere" }],
  ])("%s is respected, and told with since when", async (_, held) => {
    await using live = await lock(JSON.stringify(held));
    expect(live.take).toThrow(code("LOCKED"));
    expect(live.take).toThrow(`process ${held.pid} on ${held.host}, since 2026-01-01T00:00:00.000Z`);
    expect(JSON.parse(readFileSync(live.path, "utf8"))).toEqual(held);
  });

  test("of a replica shuts out another way to its primary, and another to its file; when one is refused none is kept", async () => {
    await using folder = await createTemporaryFolder("lock");
    const primary = {
      endpoint: "https://x",
      host: "shop.turso.io",
      name: "shop",
      authToken: null,
      timeout: 1,
    };
    const path = join(folder.dir, "local.db");
    const locked = (target: Target) => acquireLock(lockPath(target, folder.dir), new Date());
    const replica: Target = { kind: "replica", path, primary };
    const others: readonly Target[] = [
      { kind: "remote", primary },
      { kind: "local", path },
    ];
    for (const other of others) {
      const first = locked(replica);
      expect(() => locked(other)).toThrow(code("LOCKED"));
      first.release();
      const second = locked(other);
      expect(() => locked(replica)).toThrow(code("LOCKED"));
      second.release();
      locked(replica).release();
    }
  });

  test("that cannot be written because its folder is a file says so", async () => {
    await using folder = await createTemporaryFolder("lock");
    writeFileSync(join(folder.dir, ".clean-slate"), "");
    for (const path of ["x.lock", "y/x.lock"]) {
      expect(() => acquireLock([join(folder.dir, ".clean-slate", path)], new Date())).toThrow(
        expect.objectContaining({
          code: "WRITE_FAILED",
          hint: expect.stringContaining("a file lies where the folder"),
        }),
      );
    }
  });

  test("that is being written at this moment is respected too", async () => {
    await using fresh = await lock("");
    expect(fresh.take).toThrow(code("LOCKED"));
  });
});

test("the name that must be typed is the primary's own", () => {
  const primary = {
    endpoint: "https://x",
    host: "shop-acme.turso.io",
    name: "shop-acme",
    authToken: null,
    timeout: 1,
  };
  expect(databaseName({ kind: "replica", path: "/p/local.db", primary })).toBe("shop-acme");
  expect(databaseName({ kind: "local", path: "/p/local.db" })).toBe("local.db");
});
