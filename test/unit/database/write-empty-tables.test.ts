import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { connect, rowsOf, type Connection } from "../../../src/database/sqlite.ts";
import { writeEmptyTables } from "../../../src/database/write-empty-tables.ts";
import { plainTables } from "../../../src/schema/stored-tables.ts";
import type { CatalogRow } from "../../../src/schema/types.ts";
import { createProject } from "../../support/project.ts";

const SCHEMA = [
  "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT UNIQUE, c REAL DEFAULT 1.5 CHECK (c > 0))",
  `CREATE TABLE "odd ""name""" (x TEXT, y INTEGER, g TEXT AS (x || y), PRIMARY KEY (x, y)) STRICT, WITHOUT /* so */ ROWID`,
  "CREATE TABLE c (x DEFAULT 'WITHOUT ROWID', y REFERENCES a(id))",
  "CREATE INDEX down ON a (c DESC, b) WHERE c < 100",
  "CREATE UNIQUE INDEX of_expression ON c (lower(x))",
  // of all lengths: the catalog fills its pages in every way there is
  ...Array.from(
    { length: 1000 },
    (_, index) => `CREATE TABLE t${index} (id INTEGER PRIMARY KEY, note TEXT /* ${"-".repeat(index)} */)`,
  ),
];

const FILL = [
  "INSERT INTO a (b, c) VALUES ('x', 1), ('y', 3), ('z', 2)",
  `INSERT INTO "odd ""name""" (x, y) VALUES ('k', 2), ('k', 1)`,
  "INSERT INTO c (y) VALUES (1)",
  "INSERT INTO t999 (note) VALUES ('last')",
];

const LOOK = [
  "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid",
  "SELECT c FROM a INDEXED BY down WHERE c < 100 ORDER BY c DESC",
  'SELECT * FROM "odd ""name"""',
  "SELECT * FROM c INDEXED BY of_expression WHERE lower(x) = 'without rowid'",
  "SELECT * FROM t999",
  "SELECT * FROM sqlite_sequence",
  "PRAGMA encoding",
  "PRAGMA integrity_check",
];

const catalogOf = (connection: Connection): CatalogRow[] =>
  rowsOf(
    connection,
    'SELECT type, name, tbl_name AS "table", sql FROM sqlite_schema ORDER BY rowid',
  ) as unknown as CatalogRow[];

test("tables and indexes written without CREATE work like those made by it", async () => {
  await using project = await createProject();
  const made = connect(project.path("made.db"));
  for (const sql of SCHEMA) made.exec(sql);
  writeFileSync(project.path("written.db"), "");
  const written = writeEmptyTables(project.path("written.db"), plainTables(catalogOf(made)) ?? []);
  for (const sql of FILL) {
    made.exec(sql);
    written?.exec(sql);
  }
  const lookAt = (connection: Connection | null) => connection && LOOK.map((sql) => rowsOf(connection, sql));
  expect(lookAt(written)).toEqual(lookAt(made));
  expect(lookAt(written)?.at(-1)).toEqual([{ integrity_check: "ok" }]);
  made.close();
  written?.close();
});

test("what SQLite would not read again is left to CREATE", async () => {
  await using project = await createProject();
  const row = { type: "table", name: "t", table: "t", sql: "CREATE TABLE t (x" } as const;
  expect(writeEmptyTables(project.path("local.db"), [row])).toBeNull();
});

test("what keeps tables of its own beside is not written without CREATE", () => {
  const table = { type: "table", name: "t", table: "t", sql: "CREATE TABLE t (x)" } as const;
  const fts = {
    type: "table",
    name: "ft",
    table: "ft",
    sql: "CREATE VIRTUAL TABLE ft USING fts5(x)",
  } as const;
  const vectors = {
    type: "index",
    name: "v",
    table: "t",
    sql: "CREATE INDEX v ON t (libsql_vector_idx(x))",
  } as const;
  const shadow = {
    type: "table",
    name: "v_shadow",
    table: "v_shadow",
    sql: "CREATE TABLE v_shadow (x)",
  } as const;
  const platform = { ...table, name: "_litestream_seq", table: "_litestream_seq" };
  expect(plainTables([table, fts])).toBeNull();
  expect(plainTables([table, vectors, shadow])).toBeNull();
  expect(plainTables([table, platform])).toEqual([table]);
});
