import Database from "better-sqlite3";
import { execFileSync } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@libsql/client/sqlite3";
import { describe, expect, test } from "vitest";
import type { Deps } from "../../src/actions/deps.ts";
import { backupDatabase } from "../../src/actions/backup.ts";
import { performRebuild } from "../../src/actions/perform-rebuild.ts";
import { prepareRebuild } from "../../src/actions/prepare-rebuild.ts";
import { prepareRestore } from "../../src/actions/prepare-restore.ts";
import { syncTarget } from "../../src/actions/sync.ts";
import { createTarget, runScript, type RebuildTarget } from "../support/rebuild-target.ts";
import { runInReplica } from "../support/replica-client.ts";
import { skipSqld, startSqld } from "../support/sqld.ts";

const MODELS = {
  "a.ts": `import { integer, sqliteTable } from "drizzle-orm/sqlite-core"; export const fresh = sqliteTable("fresh", { id: integer() });`,
};

const rebuild = async (deps: Deps) => performRebuild(deps, await prepareRebuild(deps, {}));

const configured = ({ deps }: RebuildTarget, config: Partial<Deps["config"]>): Deps => ({
  ...deps,
  config: { ...deps.config, ...config },
});
const withPath = (target: RebuildTarget, path: string) =>
  configured(target, { path: { value: path, origin: "test" } });
const withTimeout = (target: RebuildTarget, value: number) =>
  configured(target, { timeout: { value, origin: "test" } });

/** Tables of the replica as its file lies on disk, read by another library, which only reads. */
function tablesOnDisk(target: RebuildTarget): unknown[] {
  const database = new Database(target.project.path("local.db"), { readonly: true });
  try {
    return database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .pluck()
      .all();
  } finally {
    database.close();
  }
}

/** Runs a statement on the replica's file while SQLite does not know of its indexes. */
function withoutIndexes(target: RebuildTarget, sql: string): void {
  const run = (statement: string): unknown[] => {
    using database = Object.assign(new Database(target.project.path("local.db")), {
      [Symbol.dispose]: () => void database.close(),
    });
    database.unsafeMode().pragma("writable_schema = ON");
    const prepared = database.prepare(statement);
    return prepared.reader ? prepared.all() : [prepared.run()];
  };
  const indexes = run("SELECT * FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL") as Row[];
  run("DELETE FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL");
  run(sql);
  for (const { name, tbl_name: table, rootpage, sql: text } of indexes)
    run(`INSERT INTO sqlite_schema VALUES ('index', '${name}', '${table}', ${rootpage}, '${text}')`);
}

type Row = Readonly<Record<"name" | "tbl_name" | "sql" | "rootpage", string>>;

const METADATA = ["local.db-client_wal_index", "local.db-info"];

interface State {
  readonly title: string;
  /** Whether files are there that a rebuild must put aside and keep. */
  readonly isSetAside: boolean;
  readonly make: (target: RebuildTarget) => Promise<void>;
}

const STATES: readonly State[] = [
  { title: "is not there", isSetAside: false, make: async () => {} },
  {
    title: "is whole and behind",
    isSetAside: false,
    make: (target) => rebuild(target.deps).then(() => runScript(target, "CREATE TABLE later (id);")),
  },
  {
    title: "is a plain database file",
    isSetAside: true,
    make: async ({ project }) => {
      const client = createClient({ url: `file:${project.path("local.db")}` });
      await client.batch(["CREATE TABLE precious (id)", "INSERT INTO precious VALUES (1)"], "write");
      client.close();
    },
  },
  {
    title: "is garbage without metadata",
    isSetAside: true,
    make: ({ project }) => project.write("local.db", "this is no database at all"),
  },
  {
    title: "has metadata and no file",
    isSetAside: true,
    make: async (target) => {
      await rebuild(target.deps);
      await rm(target.project.path("local.db"));
    },
  },
  {
    title: "has metadata cut short",
    isSetAside: false,
    make: async (target) => {
      await rebuild(target.deps);
      await Promise.all(METADATA.map((name) => truncate(target.project.path(name), 9).catch(() => {})));
    },
  },
  {
    title: "is garbage with metadata",
    isSetAside: false,
    make: async (target) => {
      await rebuild(target.deps);
      await writeFile(target.project.path("local.db"), Buffer.alloc(9000, 7));
    },
  },
  {
    title: "was made from another primary",
    isSetAside: false,
    make: async ({ project }) => {
      await using other = await startSqld();
      const sql = ["CREATE TABLE foreign_one (id)", "INSERT INTO foreign_one VALUES (1)"];
      await runInReplica({ file: project.path("local.db"), url: other.url, sql });
    },
  },
  {
    title: "knows a primary that has been wiped",
    isSetAside: false,
    make: async (target) => {
      await rebuild(target.deps);
      await target.sqld?.stop();
      await rm(target.sqld?.dir ?? "", { recursive: true });
      await target.sqld?.restart();
    },
  },
  {
    title: "is ahead of a primary that was restored from an older copy",
    isSetAside: false,
    make: async (target) => {
      const { dir = "", stop, restart } = target.sqld ?? {};
      await runScript(target, "CREATE TABLE older (id);");
      await stop?.();
      await cp(dir, `${dir}-copy`, { recursive: true });
      await restart?.();
      await rebuild(target.deps);
      await stop?.();
      await rm(dir, { recursive: true });
      await cp(`${dir}-copy`, dir, { recursive: true });
      await restart?.();
    },
  },
];

describe.skipIf(skipSqld).concurrent("a replica that", () => {
  test("cannot be one is said before anything is restored", async () => {
    await using target = await createTarget("replica", { models: MODELS });
    await runScript(target, "CREATE TABLE precious (x);");
    await backupDatabase(target.deps, {});
    await mkdir(target.project.path("folder"));
    const deps = withPath(target, target.project.path("folder"));
    await expect(prepareRestore(deps, { name: "latest" })).rejects.toMatchObject({ code: "REPLICA_BROKEN" });
  });

  test("cannot be set aside is said after the commit, with the command that undoes it", async () => {
    await using target = await createTarget("replica", { models: MODELS });
    await runScript(target, "CREATE TABLE precious (x);");
    await target.project.write("local.db", "no replica");
    const prepared = await prepareRebuild(target.deps, {});
    await target.project.write(".clean-slate/set-aside", "a file where the folder should be");
    await expect(performRebuild(target.deps, prepared)).rejects.toMatchObject({
      code: "WRITE_FAILED",
      message: expect.stringMatching(
        /^the primary is rebuilt and proven, but its replica is not: cannot move /,
      ),
      hint: expect.stringMatching(
        /^clean-slate sync; clean-slate restore \d+_\S+ brings back what was there$/,
      ),
    });
  });

  test.each(STATES)("$title is brought to its primary's state", async ({ make, isSetAside }) => {
    await using target = await createTarget("replica", { models: MODELS });
    await make(target);
    const before = await readFile(target.project.path("local.db")).catch(() => null);
    const { replica } = await rebuild(target.deps);
    expect(tablesOnDisk(target)).toEqual(["_clean_slate", "fresh"]);
    if (!isSetAside) return;
    const aside = replica?.setAside ?? "";
    expect(dirname(aside)).toBe(target.project.path(".clean-slate/set-aside"));
    expect((await readdir(aside)).length).toBeGreaterThan(0);
    if (before) expect(await readFile(join(aside, "local.db"))).toEqual(before);
  });

  test.each(STATES.slice(2, 8))(
    "$title is brought there by sync too, and the primary is left alone",
    async ({ make }) => {
      await using target = await createTarget("replica", { models: MODELS });
      await make(target);
      await runScript(target, "CREATE TABLE IF NOT EXISTS only_here (id);");
      await syncTarget(target.deps);
      expect(tablesOnDisk(target)).toContain("only_here");
    },
  );

  test.each([
    ["says that another run made it", "UPDATE _clean_slate SET value = 'another' WHERE key = 'run_id'"],
    ["lacks a row in an index", "INSERT INTO words VALUES ('unseen')"],
  ])("was written to and %s is made anew by sync", async (_, sql) => {
    await using target = await createTarget("replica", { models: MODELS });
    await rebuild(target.deps);
    await runScript(target, "CREATE TABLE words (w); CREATE INDEX by_w ON words (w);");
    expect(await syncTarget(target.deps)).toMatchObject({ setAside: null });
    withoutIndexes(target, sql);
    expect(await syncTarget(target.deps)).toMatchObject({ setAside: expect.stringContaining("set-aside") });
    expect(await syncTarget(target.deps)).toMatchObject({ setAside: null });
  });

  test("speaks the second protocol is brought there from any broken state", async () => {
    await using target = await createTarget("replica v2", { models: MODELS });
    await rebuild(target.deps);
    await rm(target.project.path("local.db-info"));
    expect((await rebuild(target.deps)).replica?.setAside).toMatch(/set-aside/);
    await rm(target.project.path("local.db"));
    await rebuild(target.deps);
    await writeFile(target.project.path("local.db-info"), "{}");
    await rebuild(target.deps);
    expect(tablesOnDisk(target)).toEqual(["_clean_slate", "fresh"]);
  });

  test("cannot be where it is said to be stops a rebuild before it begins", async () => {
    await using target = await createTarget("replica", { models: MODELS });
    await mkdir(target.project.path("folder.db"));
    for (const path of [target.project.path("folder.db"), target.project.path("gone/local.db")]) {
      await expect(rebuild(withPath(target, path))).rejects.toMatchObject({
        code: "REPLICA_BROKEN",
        message: expect.stringContaining(path),
      });
    }
    expect(target.proxy?.counts.requests.length).toBeLessThan(8);
    const client = target.open();
    expect((await client.execute("SELECT name FROM sqlite_schema")).rows).toEqual([]);
  });

  test("hangs is killed by the watchdog, and it is said that the primary is rebuilt", async () => {
    await using target = await createTarget("replica", { models: MODELS });
    await target.proxy?.fail({ kind: "hang", only: /wal_log|\/info/ });
    const start = performance.now();
    await expect(rebuild(withTimeout(target, 1000))).rejects.toMatchObject({
      code: "TIMEOUT",
      message: expect.stringMatching(
        /the primary is rebuilt and proven, but its replica is not: the sync .* made no progress for 1 s/,
      ),
      hint: "clean-slate sync",
    });
    expect(performance.now() - start).toBeLessThan(10_000);
    await target.proxy?.heal();
    await syncTarget(target.deps);
    expect(tablesOnDisk(target)).toContain("fresh");
  });

  test("meets a refusing or failing server says which, and is mended by sync", async () => {
    await using target = await createTarget("replica", { models: MODELS });
    await rebuild(target.deps);
    await target.proxy?.fail({ kind: "status", status: 502, only: /wal_log|\/info/ });
    await expect(rebuild(withTimeout(target, 6000))).rejects.toMatchObject({
      code: "SERVER_FAILED",
      message: expect.stringContaining("the primary is rebuilt and proven"),
      hint: expect.stringMatching(/^clean-slate sync; clean-slate restore /),
    });
    await target.proxy?.heal();
    await syncTarget(target.deps);
    expect(tablesOnDisk(target)).toEqual(["_clean_slate", "fresh"]);
    await target.proxy?.fail({ kind: "refuse" });
    await expect(syncTarget(target.deps)).rejects.toMatchObject({
      code: expect.stringMatching(/CONNECTION/),
    });
  });
});

test.skipIf(skipSqld)(
  "a replica whose process dies is said to have died, with the primary rebuilt",
  async () => {
    await using target = await createTarget("replica", { models: MODELS });
    await target.proxy?.fail({ kind: "hang", only: /wal_log|\/info/ });
    const rebuilding = rebuild(target.deps);
    const settled = rebuilding.catch((error: unknown) => error);
    for (let pid = ""; pid === ""; await sleep(50)) {
      pid = workerOf(process.pid);
      if (pid !== "" && target.proxy?.counts.requests.some((name) => /wal_log|\/info/.test(name)))
        process.kill(Number(pid), "SIGKILL");
      else pid = "";
    }
    expect(await settled).toMatchObject({
      message: expect.stringMatching(/the primary is rebuilt and proven, but .* \(SIGKILL\)/),
    });
  },
);

/** The process that runs a replica for this one; empty when there is none yet. */
function workerOf(parent: number): string {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="]).toString().split("\n");
  const line = lines.find((text) => new RegExp(`^\\s*\\d+\\s+${parent}\\s.*replica-worker`).test(text));
  return line?.trim().split(/\s+/)[0] ?? "";
}
