import { readdir, readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { backupDatabase } from "../../src/actions/backup.ts";
import { performRebuild } from "../../src/actions/perform-rebuild.ts";
import { performRestore } from "../../src/actions/perform-restore.ts";
import { prepareRebuild } from "../../src/actions/prepare-rebuild.ts";
import { prepareRestore } from "../../src/actions/prepare-restore.ts";
import { openLocal } from "../../src/database/local.ts";
import { cursorAnswer } from "../support/cursor-answer.ts";
import type { Fault, FaultScope } from "../support/fault-proxy.ts";
import { cursorsOf, hashOfBackup, LARGE } from "../support/large-database.ts";
import { createTarget, query, runScript } from "../support/rebuild-target.ts";
import { skipSqld } from "../support/sqld-binary.ts";

const MODELS = {
  models: {
    "users.ts": `import { integer, sqliteTable } from "drizzle-orm/sqlite-core";
export const users = sqliteTable("users", { id: integer().primaryKey() });`,
  },
};

const fileOf = async ({ path }: { readonly path: string }): Promise<Buffer> => readFile(path);

describe.skipIf(skipSqld)("a large primary", () => {
  test("is copied page by page in one answer, over the connection that is there", async () => {
    await using target = await createTarget("remote");
    await runScript(target, LARGE);
    target.proxy?.resetCounts();
    const { backup } = await backupDatabase(target.deps, {});
    expect(target.proxy?.counts).toMatchObject({ connections: 1, flights: 2 });
    expect(cursorsOf(target)).toBe(1);
    const [size] = await query(
      target,
      "SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size",
    );
    expect(BigInt(backup.bytes)).toBe(size?.["bytes"]);
    expect((await fileOf(backup)).subarray(18, 20)).toEqual(Buffer.from([1, 1])); // no log belongs to it
    await runScript(target, "DROP TRIGGER t; DROP TABLE ft; DROP TABLE keyed; UPDATE many SET a = 0");
    await performRestore(target.deps, await prepareRestore(target.deps, { name: "latest" }));
    const again = await backupDatabase(target.deps, {});
    expect(await hashOfBackup(again.backup.path)).toBe(await hashOfBackup(backup.path));
    expect(await query(target, "SELECT count(*) AS rows FROM ft")).toEqual([{ rows: 50n }]);
  });

  test("that is mostly free is copied without what is free", async () => {
    await using target = await createTarget("remote");
    await runScript(target, `${LARGE} DELETE FROM many WHERE rowid > 9000`);
    const [size] = await query(
      target,
      "SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size",
    );
    const { backup } = await backupDatabase(target.deps, {});
    expect(cursorsOf(target)).toBe(1);
    expect(backup.bytes).toBeLessThan(Number(size?.["bytes"]) * 0.75);
    expect(await query({ open: target.open }, "SELECT count(*) AS rows FROM many")).toEqual([
      { rows: 9000n },
    ]);
    expect(backup.rows).toBe(9000 + 100 + 50);
  });

  test("that is mostly free and has a vector index is copied with what is free, and sound", async () => {
    await using target = await createTarget("remote");
    await runScript(
      target,
      `CREATE TABLE films (id INTEGER PRIMARY KEY, embedding F32_BLOB(3)); INSERT INTO films VALUES (1, vector32('[1,2,3]'));
       CREATE INDEX films_idx ON films (libsql_vector_idx(embedding)); ${LARGE} DELETE FROM many WHERE rowid > 5000`,
    );
    const { backup } = await backupDatabase(target.deps, {});
    expect(cursorsOf(target)).toBe(1);
    const database = openLocal(backup.path);
    expect(
      await database.read(["PRAGMA integrity_check", "SELECT count(*) AS n FROM libsql_vector_meta_shadow"]),
    ).toEqual([[{ integrity_check: "ok" }], [{ n: 1 }]]);
    database.close();
  });

  const END = { end: true } as const;

  /** An answer that is well-formed, of pages that all hold one byte. */
  const answer = (version: unknown, count: number, pages: readonly (readonly [number, number])[]): Fault => ({
    kind: "status",
    status: 200,
    body: cursorAnswer(
      { begin: 0 },
      END,
      { begin: 1, columns: ["schema_version", "encoding"] },
      { row: [BigInt(version as number), "UTF-8"] },
      END,
      { begin: 2, columns: ["page_size", "page_count", "is_whole", "coming"] },
      { row: [4096n, BigInt(count), 1n, BigInt(count)] },
      END,
      { begin: 3, columns: ["pgno", "data"] },
      ...pages.map(([number, byte]) => ({ row: [BigInt(number), Buffer.alloc(4096, byte)] })),
      END,
      { begin: 4 },
      END,
    ),
  });

  const REFUSALS: Readonly<Record<string, (version: unknown) => Fault & FaultScope>> = {
    "has no such endpoint": () => ({ kind: "status", status: 404 }),
    "answers with a page of HTML": () => ({ kind: "status", status: 200 }),
    "has no table of its pages": () => ({
      kind: "status",
      status: 200,
      body: cursorAnswer({ begin: 0 }, { failed: "no such table: sqlite_dbpage" }),
    }),
    "ends before the end": () => ({
      kind: "status",
      status: 200,
      body: cursorAnswer({ begin: 0 }, END),
    }),
    "sends what is no database": (version) => answer(version, 1, [[1, 7]]),
    "sends fewer pages than it says": (version) => answer(version, 2, [[1, 7]]),
    "sends a page twice": (version) =>
      answer(version, 2, [
        [1, 7],
        [1, 7],
      ]),
    "sends a page from beyond the end": (version) => answer(version, 1, [[2, 7]]),
    "sends a message that says nothing": () => ({
      kind: "status",
      status: 200,
      body: cursorAnswer({ bytes: new Uint8Array() }),
    }),
    "sends a row that is none": () => ({
      kind: "status",
      status: 200,
      body: cursorAnswer({ begin: 3 }, { bytes: Uint8Array.of(0x22, 0x7f, 0) }),
    }),
    "sends a row without a value": () => ({
      kind: "status",
      status: 200,
      body: cursorAnswer({ begin: 1 }, { bytes: Uint8Array.of(0x22, 2, 0x0a, 0) }),
    }),
    "ends within a message": (version) => {
      const { body, ...fault } = answer(version, 1, [[1, 7]]) as Extract<Fault, { readonly kind: "status" }>;
      return { ...fault, body: (body as Uint8Array).subarray(0, -1) };
    },
    "speaks JSON": () => ({
      kind: "status",
      status: 200,
      body: '{"baton":null,"base_url":null}\n{"type":"step_begin","step":0,"cols":[]}\n',
    }),
  };

  test.each(Object.entries(REFUSALS))("is copied row by row from a server that %s", async (_, faultFor) => {
    await using target = await createTarget("remote");
    await runScript(target, LARGE);
    const whole = await backupDatabase(target.deps, {});
    const [version] = await query(target, "SELECT schema_version FROM pragma_schema_version");
    await target.proxy?.fail({ ...faultFor(version?.["schema_version"]), only: /cursor/ });
    const { backup } = await backupDatabase(target.deps, {});
    expect(cursorsOf(target)).toBe(2);
    expect(await hashOfBackup(backup.path)).toBe(await hashOfBackup(whole.backup.path));
  });

  test.each([
    ["truncate", "CONNECTION_LOST"],
    ["hang", "TIMEOUT"],
  ] as const)("is not copied when its answer does %s, and nothing is left", async (kind, code) => {
    await using target = await createTarget("remote", {
      config: { timeout: { value: 1000, origin: "test" } },
    });
    await runScript(target, LARGE);
    await target.proxy?.fail({ kind, only: /cursor/ });
    await expect(backupDatabase(target.deps, {})).rejects.toMatchObject({ code });
    expect(await readdir(target.deps.config.backups.value)).toEqual([".gitignore"]);
  });

  test("whose schema has changed since it was read is not copied, and not dropped", async () => {
    await using target = await createTarget("remote", MODELS);
    await runScript(target, LARGE);
    const prepared = await prepareRebuild(target.deps, {});
    await runScript(target, "CREATE TABLE other (x)");
    await expect(performRebuild(target.deps, prepared)).rejects.toMatchObject({
      code: "DATABASE_CHANGED",
      message: expect.stringContaining("while it was backed up"),
    });
    expect(cursorsOf(target)).toBe(1);
    expect(await query(target, "SELECT count(*) AS rows FROM many")).toEqual([{ rows: 20_000n }]);
  });
});
