import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "@libsql/client";
import Database from "better-sqlite3";
import { sql } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  buildTemplate,
  createTestDatabase,
  type Driver,
  type TestDatabase,
} from "../../src/testing/index.ts";
import { createTemporaryFolder } from "../support/paths.ts";
import { runProgram } from "../support/run-program.ts";
import * as shop from "../support/shop.ts";
import { skipSqld } from "../support/sqld.ts";

const drivers = (["libsql", "better-sqlite3", "sqld", "replica"] as const).filter(
  (driver) => !skipSqld || driver === "libsql" || driver === "better-sqlite3",
);

/** Every driver's database is asked through Drizzle alike; better-sqlite3's queries are awaited without being promises. */
type AnyDatabase = TestDatabase<"libsql", typeof shop>;

async function create(driver: Driver, options: object = {}): Promise<AnyDatabase> {
  const database = await createTestDatabase({ driver, schema: shop, ...options });
  return database as unknown as AnyDatabase;
}

const emails = async ({ db }: AnyDatabase): Promise<string[]> =>
  (await db.select().from(shop.users)).map(({ email }) => email).toSorted();

/** Runs statements with the driver's own client. */
async function execute({ client }: AnyDatabase, ...statements: string[]): Promise<Record<string, unknown>[]> {
  let rows: Record<string, unknown>[] = [];
  for (const statement of statements) {
    if (client instanceof Database) {
      const prepared = client.prepare(statement);
      rows = prepared.reader ? (prepared.all() as Record<string, unknown>[]) : [];
      if (!prepared.reader) prepared.run();
    } else rows = (await client.execute(statement)).rows.map((row) => ({ ...row }));
  }
  return rows;
}

const failure = async (run: () => unknown): Promise<string> => {
  try {
    await run();
    return "";
  } catch (error) {
    const { message, cause } = error as Error;
    return `${message} ${String((cause as Error | undefined)?.message)}`;
  }
};

test("a driver that is none is refused, also one called as a property of JavaScript's objects", async () => {
  for (const driver of ["mysql", "constructor"] as unknown[] as Driver[])
    await expect(create(driver)).rejects.toMatchObject({ code: "USAGE" });
});

describe.each(drivers)("a %s test database", (driver) => {
  test("belongs to one test: what is written in it is in no other one", async () => {
    await using first = await create(driver);
    await using second = await create(driver);
    await first.db.insert(shop.users).values({ id: 1, email: "a" });
    expect(await emails(first)).toEqual(["a"]);
    expect(await emails(second)).toEqual([]);
    await using third = await create(driver);
    expect(await emails(third)).toEqual([]);
  });

  test("has the constraints, views and relations of its schema, with foreign keys on", async () => {
    await using database = await create(driver);
    const { db } = database;
    await db.insert(shop.users).values({ id: 1, email: "a", age: 18 });
    await db.insert(shop.orders).values({ id: 1, userId: 1 });
    expect(await failure(() => db.insert(shop.orders).values({ userId: 2 }).run())).toContain("FOREIGN KEY");
    expect(await failure(() => db.insert(shop.users).values({ email: "a" }).run())).toContain("UNIQUE");
    expect(await failure(() => db.insert(shop.users).values({ email: "b", age: 9 }).run())).toContain(
      "CHECK",
    );
    expect(await db.select().from(shop.orderEmails)).toEqual([{ email: "a" }]);
    expect(await db.query.users.findMany({ with: { orders: true } })).toEqual([
      { id: 1, email: "a", age: 18, orders: [{ id: 1, userId: 1, note: "it's; new" }] },
    ]);
    await db.delete(shop.users);
    expect(await db.select().from(shop.orders)).toEqual([]);
  });

  test("has full-text search, and vectors where it is libSQL", async () => {
    await using database = await create(driver);
    await execute(
      database,
      "CREATE VIRTUAL TABLE f USING fts5(x)",
      "INSERT INTO f VALUES ('one two'), ('three')",
    );
    expect(await execute(database, "SELECT x FROM f WHERE f MATCH 'two'")).toEqual([{ x: "one two" }]);
    if (driver === "better-sqlite3") return;
    await execute(database, "CREATE TABLE v (id INTEGER PRIMARY KEY, e F32_BLOB(2))");
    await execute(database, "CREATE INDEX v_e ON v (libsql_vector_idx(e))");
    await execute(database, "INSERT INTO v VALUES (1, vector32('[1,0]')), (2, vector32('[0,1]'))");
    const nearest =
      "SELECT v.id FROM vector_top_k('v_e', vector32('[0,2]'), 1) AS t JOIN v ON v.rowid = t.id";
    expect(await execute(database, nearest)).toEqual([{ id: 2 }]);
  });

  test("commits and rolls transactions back", async () => {
    await using database = await create(driver);
    const { db, client } = database;
    const work = (tx: typeof db) => tx.insert(shop.users).values({ email: "in" });
    if (client instanceof Database) {
      const sync = db as unknown as BetterSQLite3Database<typeof shop>;
      const transact = (fails: boolean) => () =>
        sync.transaction((tx) => {
          tx.insert(shop.users).values({ email: "in" }).run();
          if (fails) throw new Error("no");
        });
      expect(transact(true)).toThrow("no");
      expect(await emails(database)).toEqual([]);
      transact(false)();
    } else {
      const fail = db.transaction(async (tx) => {
        await work(tx as unknown as typeof db);
        throw new Error("no");
      });
      await expect(fail).rejects.toThrow("no");
      expect(await emails(database)).toEqual([]);
      await db.transaction(async (tx) => void (await work(tx as unknown as typeof db)));
    }
    expect(await emails(database)).toEqual(["in"]);
  });

  test("goes back to a snapshot, and to its template, whatever was changed since", async () => {
    await using database = await create(driver);
    const { db } = database;
    await db.insert(shop.users).values({ email: "kept" });
    const snapshot = await database.snapshot();
    await execute(
      database,
      "DROP VIEW order_emails",
      "CREATE TABLE later (x)",
      "INSERT INTO later VALUES (1)",
    );
    await db.insert(shop.users).values({ email: "gone" });
    await database.reset(snapshot);
    expect(await emails(database)).toEqual(["kept"]);
    expect(await db.select().from(shop.orderEmails)).toEqual([]);
    await execute(database, "CREATE TABLE later (y)", "INSERT INTO later VALUES (2)");
    expect(await execute(database, "SELECT * FROM later")).toEqual([{ y: 2 }]);
    await database.reset(snapshot);
    await database.reset();
    expect(await emails(database)).toEqual([]);
    expect(await failure(() => db.insert(shop.orders).values({ userId: 2 }).run())).toContain("FOREIGN KEY");
  });

  test("begins with the rows of its seed", async () => {
    await using folder = await createTemporaryFolder("seed");
    const file = join(folder.dir, "seed.sql");
    await writeFile(
      file,
      "INSERT INTO users (email) VALUES ('from; a file'); -- one\nINSERT INTO orders (user_id) VALUES (1);",
    );
    await using fromFile = await create(driver, { seed: file });
    expect(await emails(fromFile)).toEqual(["from; a file"]);
    let runs = 0;
    const seed = async (db: AnyDatabase["db"]) => {
      runs += 1;
      await db.insert(shop.users).values({ email: "from a function" });
    };
    await using first = await create(driver, { seed });
    await using second = await create(driver, { seed });
    expect([await emails(first), await emails(second)]).toEqual([["from a function"], ["from a function"]]);
    expect(runs).toBe(1);
  });

  test("is kept when it is asked to be, and leaves nothing otherwise", async () => {
    const database = await create(driver);
    await database.db.insert(shop.users).values({ email: "kept" });
    const path = database.keep("kept");
    expect(path).toBe(database.keep("kept"));
    await database[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
    if (database.path !== null) expect(existsSync(database.path)).toBe(false);
    const kept = new Database(path);
    expect(kept.prepare("SELECT email FROM users").pluck().all()).toEqual(["kept"]);
    kept.close();
    await rm(/^.*?[/\\]kept[/\\][^/\\]+/.exec(path)?.[0] ?? "", { recursive: true });
  });

  test("comes 64 times at once, each with its own rows", { timeout: 120_000 }, async () => {
    const template = await buildTemplate({ driver, schema: shop });
    const work = Array.from({ length: 64 }, async (_, index) => {
      await using database = (await createTestDatabase({ template })) as unknown as AnyDatabase;
      await database.db.insert(shop.users).values({ email: `user ${index}` });
      return await emails(database);
    });
    expect(await Promise.all(work)).toEqual(work.map((_, index) => [`user ${index}`]));
  });
});

describe("a template", () => {
  const wide = Object.fromEntries(
    Array.from({ length: 500 }, (_, index) => [
      `t${index}`,
      sqliteTable(`t${index}`, { id: integer().primaryKey(), name: text().notNull() }),
    ]),
  );

  test.each(drivers)("of 500 tables makes whole %s databases", async (driver) => {
    await using database = await create(driver, { schema: wide });
    const rows = await execute(database, "SELECT count(*) AS n FROM sqlite_schema WHERE type = 'table'");
    expect(rows).toEqual([{ n: 500 }]);
    await execute(database, "INSERT INTO t499 (name) VALUES ('last')");
    expect(await execute(database, "SELECT name FROM t499")).toEqual([{ name: "last" }]);
  });

  test("is built once for what it holds, and again for anything else", async () => {
    const first = await buildTemplate({ schema: shop });
    expect(await buildTemplate({ schema: { ...shop } })).toMatchObject({ path: first.path });
    const others = await Promise.all([
      buildTemplate({ schema: { users: shop.users } }),
      buildTemplate({ schema: shop, casing: "snake_case", driver: "better-sqlite3" }),
      buildTemplate({ schema: shop, seed: () => {} }),
    ]);
    expect(new Set([first, ...others].map(({ path }) => path)).size).toBe(4);
  });

  test("is built once for all that ask at the same time, also when that fails, and tried again by the next", async () => {
    let runs = 0;
    const seed = async () => {
      runs += 1;
      if (runs === 1) throw new Error("no luck");
    };
    const ask = () =>
      Promise.allSettled(Array.from({ length: 5 }, () => buildTemplate({ schema: shop, seed })));
    const failed = (await ask()).map((result) => result.status === "rejected" && String(result.reason));
    expect(failed).toEqual(failed.map(() => "Error: no luck"));
    expect(runs).toBe(1);
    expect((await ask()).every(({ status }) => status === "fulfilled")).toBe(true);
    expect(runs).toBe(2);
  });

  test("is made from a models folder as from the same models imported", async () => {
    await using database = await createTestDatabase({ models: "models" });
    const { rows } = await database.client.execute(
      "SELECT name FROM sqlite_schema WHERE name = 'upcoming_tasks'",
    );
    expect(rows).toHaveLength(1);
  });

  test("is built again where its file was damaged", async () => {
    const schema = { only: sqliteTable("only", { id: integer().primaryKey() }) };
    const { path } = await buildTemplate({ schema });
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, 5000));
    const program = `import { integer, sqliteTable } from "drizzle-orm/sqlite-core";
      import { createTestDatabase } from "./src/testing/index.ts";
      const schema = { only: sqliteTable("only", { id: integer().primaryKey() }) };
      const { db } = await createTestDatabase({ schema });
      console.log(await db.select().from(schema.only));`;
    expect(await runProgram(program)).toMatchObject({ code: 0, stdout: "[]\n" });
    expect(await readFile(path)).toEqual(bytes);
  });

  test("refuses what makes no table, and names the statement SQLite refuses", async () => {
    await expect(buildTemplate({ schema: {} })).rejects.toMatchObject({ code: "MODELS_NOT_FOUND" });
    await expect(buildTemplate({})).rejects.toMatchObject({ code: "USAGE" });
    const broken = sqliteTable("broken", { id: integer().default(sql`nowhere(`) });
    for (const driver of drivers) {
      const failed = buildTemplate({ schema: { broken }, driver });
      await expect(failed).rejects.toMatchObject({
        code: "SQL_INVALID",
        message: expect.stringContaining('table "broken"'),
      });
    }
  });

  test("refuses a seed that is not there or does not run, naming it", async () => {
    await using folder = await createTemporaryFolder("seed");
    const file = join(folder.dir, "bad.sql");
    await writeFile(file, "INSERT INTO nowhere VALUES (1)");
    for (const [seed, message] of [
      [file, /bad\.sql.*nowhere/],
      [join(folder.dir, "none.ts"), /none\.ts.*ENOENT/],
    ] as const)
      await expect(buildTemplate({ schema: shop, seed })).rejects.toMatchObject({
        code: "SEED_FAILED",
        message: expect.stringMatching(message),
      });
    await expect(
      createTestDatabase({ template: await buildTemplate({ schema: shop }), driver: "sqld" as never }),
    ).rejects.toMatchObject({ code: "USAGE" });
  });

  test("types db and client by the schema and the driver", async () => {
    await using libsql = await createTestDatabase({ schema: shop });
    expectTypeOf(libsql.db).toEqualTypeOf<LibSQLDatabase<typeof shop>>();
    expectTypeOf(libsql.client).toEqualTypeOf<Client>();
    await using better = await createTestDatabase({ schema: shop, driver: "better-sqlite3" });
    expectTypeOf(better.db).toEqualTypeOf<BetterSQLite3Database<typeof shop>>();
    expectTypeOf(better.client).toEqualTypeOf<Database.Database>();
    expect(better.db.query.users.findMany().sync()).toEqual(await libsql.db.query.users.findMany());
  });
});
