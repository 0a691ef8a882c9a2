// What a fresh database costs a test: ours against what people do without it, from nothing to the answer of a first query.
// Run it with: node --import tsx bench/test-database.mjs [tables, for instance 10,100] [rounds]
// Ways of a kind take turns in changing order, so that a slow moment of the machine hits all of them; the medians are compared.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@libsql/client/sqlite3";
import Database from "better-sqlite3";
import { drizzle as drizzleBetter } from "drizzle-orm/better-sqlite3";
import { migrate as migrateBetter } from "drizzle-orm/better-sqlite3/migrator";
import { drizzle as drizzleLibsql } from "drizzle-orm/libsql/sqlite3";
import { migrate as migrateLibsql } from "drizzle-orm/libsql/migrator";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { releaseHandles } from "../src/testing/release.ts";
import { buildTemplate, createTestDatabase } from "../src/testing/index.ts";
import { statementsOf } from "../src/testing/statements.ts";

const sizes = (process.argv[2] ?? "10,100,500").split(",").map(Number);
const rounds = Number(process.argv[3] ?? 15);
const { pushSQLiteSchema } = createRequire(import.meta.url)("drizzle-kit/api");
const QUERY = "SELECT count(*) FROM t0";
const memory = hasMemoryDisk() ? "/dev/shm" : tmpdir();

for (const tables of sizes) for (const rows of [0, 1000]) await measure(tables, rows);

async function measure(tables, rows) {
  const folder = mkdtempSync(join(memory, "clean-slate-bench-"));
  try {
    const world = await prepare(folder, tables, rows);
    const times = new Map();
    for (const ways of waysOf(world)) {
      for (const { name } of ways) times.set(name, []);
      for (let round = 0; round < rounds; round++)
        for (const { name, run } of shuffled(ways)) times.get(name).push(await run());
    }
    print(tables, rows, times);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whoever comes after something big finds cold caches; so the order changes. */
function shuffled(ways) {
  return ways
    .map((way) => ({ way, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ way }) => way);
}

/** 8 columns and 2 indexes a table, a foreign key on every second one. */
function models(tables) {
  const schema = {};
  for (let number = 0; number < tables; number++) {
    const name = `t${number}`;
    const columns = {
      id: integer().primaryKey(),
      name: text().notNull(),
      email: text().notNull(),
      note: text(),
      count: integer().notNull().default(0),
      rank: integer(),
      createdAt: integer("created_at", { mode: "timestamp" }),
      parent: number % 2 === 1 ? integer().references(() => schema[`t${number - 1}`].id) : integer(),
    };
    schema[name] = sqliteTable(name, columns, (t) => [
      index(`${name}_email`).on(t.email),
      index(`${name}_parent`).on(t.parent),
    ]);
  }
  return schema;
}

async function prepare(folder, tables, rows) {
  const schema = models(tables);
  const insert =
    rows === 0
      ? []
      : [
          `INSERT INTO t0 (name, email, count) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
           SELECT 'name ' || i, 'person' || i || '@example.com', i FROM n`,
        ];
  const seed = join(folder, "seed.sql");
  writeFileSync(seed, insert.join(";\n"));
  const statements = (await statementsOf({ root: process.cwd(), schema })).map(({ sql }) => sql);
  const templates = {};
  for (const driver of ["better-sqlite3", "libsql", "sqld", "replica"])
    templates[driver] = await buildTemplate({ schema, driver, ...(rows > 0 && { seed }) });
  const built = new Database(":memory:");
  built.exec([...statements, ...insert].join(";\n"));
  const file = join(folder, "template.db");
  copyFileSync(templates.libsql.path, file);
  return {
    folder,
    schema,
    insert,
    statements,
    templates,
    file,
    buffer: built.serialize(),
    migrations: writeMigrations(folder, statements),
  };
}

function writeMigrations(folder, statements) {
  const migrations = join(folder, "drizzle");
  mkdirSync(join(migrations, "meta"), { recursive: true });
  const entries = [{ idx: 0, version: "6", when: 1, tag: "0000_all", breakpoints: true }];
  writeFileSync(
    join(migrations, "meta", "_journal.json"),
    JSON.stringify({ version: "7", dialect: "sqlite", entries }),
  );
  writeFileSync(join(migrations, "0000_all.sql"), statements.join("\n--> statement-breakpoint\n"));
  return migrations;
}

function waysOf({ folder, schema, insert, statements, templates, file, buffer, migrations }) {
  const better = (make) => async () => {
    const start = performance.now();
    const client = await make();
    client.prepare(QUERY).get();
    const took = performance.now() - start;
    client.close();
    return took;
  };
  const libsql = (make) => async () => {
    const start = performance.now();
    const client = await make();
    await client.execute(QUERY);
    const took = performance.now() - start;
    client.close();
    await releaseHandles();
    return took;
  };
  const ours = (template) => async () => {
    const start = performance.now();
    const { client, [Symbol.asyncDispose]: dispose } = await createTestDatabase({ template });
    if (client instanceof Database) client.prepare(QUERY).get();
    else await client.execute(QUERY);
    const took = performance.now() - start;
    await dispose();
    return took;
  };
  let copies = 0;
  const script = [...statements, ...insert].join(";\n");
  const opening = [
    { name: "better-sqlite3: open a serialized buffer", run: better(() => new Database(buffer)) },
    { name: "better-sqlite3: createTestDatabase", run: ours(templates["better-sqlite3"]) },
    {
      name: "libsql: copy a file in memory and open it",
      run: libsql(() => {
        const copy = join(folder, `${copies++}.db`);
        copyFileSync(file, copy);
        return createClient({ url: `file:${copy}` });
      }),
    },
    { name: "libsql: createTestDatabase", run: ours(templates.libsql) },
  ];
  const building = [
    {
      name: "better-sqlite3: run the DDL",
      run: better(() => new Database(":memory:").exec(`BEGIN;${script};COMMIT`)),
    },
    {
      name: "better-sqlite3: drizzle migrate()",
      run: better(() => {
        const client = new Database(":memory:");
        migrateBetter(drizzleBetter({ client }), { migrationsFolder: migrations });
        for (const sql of insert) client.exec(sql);
        return client;
      }),
    },
    {
      name: "libsql: run the DDL in memory",
      run: libsql(async () => {
        const client = createClient({ url: ":memory:" });
        await client.executeMultiple(`BEGIN;${script};COMMIT`);
        return client;
      }),
    },
    {
      name: "libsql: drizzle migrate() in memory",
      run: libsql(async () => {
        const client = createClient({ url: ":memory:" });
        await migrateLibsql(drizzleLibsql({ client }), { migrationsFolder: migrations });
        for (const sql of insert) await client.execute(sql);
        return client;
      }),
    },
    {
      name: "libsql: drizzle-kit pushSQLiteSchema in memory",
      run: libsql(async () => {
        const client = createClient({ url: ":memory:" });
        await silently(async () => (await pushSQLiteSchema(schema, drizzleLibsql({ client }))).apply());
        for (const sql of insert) await client.execute(sql);
        return client;
      }),
    },
  ];
  const servers = [
    { name: "sqld: createTestDatabase", run: ours(templates.sqld) },
    { name: "replica: createTestDatabase", run: ours(templates.replica) },
  ];
  return [opening, building, servers];
}

/** drizzle-kit draws a spinner. */
async function silently(run) {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = () => true;
  try {
    return await run();
  } finally {
    process.stdout.write = write;
  }
}

function print(tables, rows, times) {
  const median = (name) => times.get(name).toSorted((a, b) => a - b)[Math.floor(times.get(name).length / 2)];
  console.log(`\n${tables} tables, ${rows} rows: milliseconds until the first answer, median of ${rounds}`);
  for (const name of times.keys()) console.log(`  ${median(name).toFixed(2).padStart(9)}  ${name}`);
  const ratio = (a, b) => (median(a) / median(b)).toFixed(2);
  const ours = (driver) => `${driver}: createTestDatabase`;
  console.log(
    [
      `  better-sqlite3 ÷ buffer ${ratio(ours("better-sqlite3"), "better-sqlite3: open a serialized buffer")}`,
      `libsql ÷ copied file ${ratio(ours("libsql"), "libsql: copy a file in memory and open it")}`,
      `replica − sqld ${(median(ours("replica")) - median(ours("sqld"))).toFixed(1)} ms`,
      `push ÷ better-sqlite3 ${ratio("libsql: drizzle-kit pushSQLiteSchema in memory", ours("better-sqlite3"))}`,
      `push ÷ libsql ${ratio("libsql: drizzle-kit pushSQLiteSchema in memory", ours("libsql"))}`,
    ].join("; "),
  );
}

function hasMemoryDisk() {
  try {
    return statfsSync("/dev/shm").bavail > 0;
  } catch {
    return false;
  }
}
