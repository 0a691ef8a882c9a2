import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { performRebuild } from "../../src/actions/perform-rebuild.ts";
import { prepareRebuild } from "../../src/actions/prepare-rebuild.ts";
import { syncTarget } from "../../src/actions/sync.ts";
import { repoPath } from "../support/paths.ts";
import { createTarget, runScript, type RebuildTarget } from "../support/rebuild-target.ts";
import { startCli } from "../support/run-cli.ts";
import { skipSqld } from "../support/sqld.ts";

const MODELS = {
  "all.ts": `import { integer, sqliteTable } from "drizzle-orm/sqlite-core";
const table = <const Name extends string>(name: Name) => sqliteTable(name, { id: integer().primaryKey() });
export const a = table("new_a"), b = table("new_b"), shared = table("shared");
`,
};
const OLD = `CREATE TABLE old_a (id); CREATE TABLE old_b (id); CREATE TABLE shared (id);
INSERT INTO old_a VALUES (1), (2), (3); INSERT INTO shared VALUES (1), (2), (3);`;

/** All that may ever be seen; a reader that does not wait may be told to come again. */
const OLD_SEEN = [{ seen: ["old_a,old_b", 3] }, { seen: ["old_a", 3] }];
const NEW_SEEN = [
  { seen: ["new_a,new_b", 0] },
  { error: expect.stringMatching(/no such table: (?:main\.)?old_a/) },
];
const BUSY = { error: expect.stringMatching(/database (?:table |schema )?is locked/) };

type Seen = { readonly seen?: readonly unknown[]; readonly error?: string };

/** Starts the second process and collects what it sees until it has seen `last`. */
function startServer(target: RebuildTarget, driver: string) {
  const options = { driver, file: target.project.path("local.db"), url: target.sqld?.url };
  const program = [process.execPath, repoPath("test", "support", "dev-server.mjs")] as const;
  const child = startCli([JSON.stringify(options)], { cwd: target.project.dir, program });
  const seen: Seen[] = [];
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => line.startsWith("{") && seen.push(JSON.parse(line) as Seen));
  return {
    seen,
    until: async (tables: string) => {
      const deadline = Date.now() + 15_000;
      while (!seen.some((one) => one.seen?.[0] === tables)) {
        if (Date.now() > deadline)
          throw new Error(`never saw ${tables}, but ${JSON.stringify(seen)} ${stderr}`);
        await sleep(10);
      }
    },
    [Symbol.dispose]: () => void child.kill("SIGKILL"),
  };
}

const WORLDS = [
  ["local file", "local", "better-sqlite3", "delete"],
  ["local file", "local", "libsql", "delete"],
  ["local file in WAL mode", "local", "better-sqlite3", "wal"],
  ["local file in WAL mode", "local", "libsql", "wal"],
  ["replica's file", "replica", "better-sqlite3", null],
  ["replica", "replica", "libsql", null],
  ["primary", "remote", "http", null],
] as const;

describe.concurrent("a dev server", () => {
  test.each(WORLDS.filter(([, kind]) => kind === "local" || !skipSqld))(
    "on a %s (%s, %s) sees the old schema, then the new one, and nothing between",
    async (...[, kind, driver, mode]) => {
      await using target = await createTarget(kind, { models: MODELS });
      await runScript(target, mode === null ? OLD : `PRAGMA journal_mode=${mode}; ${OLD}`);
      if (kind === "replica") await syncTarget(target.deps);
      using server = startServer(target, driver);
      await server.until("old_a,old_b");
      await performRebuild(target.deps, await prepareRebuild(target.deps, {}));
      await server.until("new_a,new_b");
      const allowed = [...OLD_SEEN, ...NEW_SEEN, BUSY];
      expect(server.seen.filter((one) => !allowed.some((may) => matches(one, may)))).toEqual([]);
      const order = server.seen.map(({ seen }) => seen?.[0]).filter((tables) => String(tables).includes(","));
      expect(order).toEqual(["old_a,old_b", "new_a,new_b"]);
    },
  );
});

function matches(value: Seen, expected: object): boolean {
  try {
    expect(value).toEqual(expected);
    return true;
  } catch {
    return false;
  }
}
