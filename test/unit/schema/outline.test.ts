import * as fc from "fast-check";
import { expect, test } from "vitest";
import { diffCatalogs, diffReduced, type OutlinedCatalog } from "../../../src/schema/diff-catalogs.ts";
import type { Change } from "../../../src/schema/change.ts";
import { diffSchemas } from "../../../src/schema/diff.ts";
import { schemaFromCatalog } from "../../../src/schema/from-catalog.ts";
import { joinedOutline, outlineOf } from "../../../src/schema/outline.ts";
import type { CatalogRow } from "../../../src/schema/types.ts";
import { identifier } from "../../../src/sql/identifier.ts";
import { catalogOf, withDatabase } from "./catalog.ts";
import { randomTables } from "./random-table.ts";

async function catalogFrom(statements: readonly string[]): Promise<CatalogRow[]> {
  return withDatabase(["CREATE TABLE parent (id INTEGER PRIMARY KEY)"], async (client) => {
    for (const statement of statements) await client.execute(statement).catch(() => null);
    return catalogOf(client);
  });
}

function outlined(rows: readonly CatalogRow[]): OutlinedCatalog {
  return { rows, outline: outlineOf(schemaFromCatalog(rows)) };
}

test("an outline says what counting and showing a table needs", async () => {
  const rows = await catalogFrom([
    "CREATE TABLE a (id INTEGER PRIMARY KEY, updated_at INTEGER, note TEXT UNIQUE)",
    "CREATE INDEX by_time ON a (updated_at DESC)",
    "CREATE TABLE b (rowid TEXT)",
    "CREATE TABLE c (k TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE VIEW v AS SELECT 1",
  ]);
  const { tables, programs, digests } = outlineOf(schemaFromCatalog(rows));
  expect(
    tables.map(({ name, columns, indexes, hasRowid, timestamp }) => [
      name,
      columns,
      indexes,
      hasRowid,
      timestamp,
    ]),
  ).toEqual([
    ["parent", 1, 0, true, null],
    ["a", 3, 1, true, { name: "updated_at", isIndexed: true }],
    ["b", 1, 0, false, null],
    ["c", 1, 0, false, null],
  ]);
  expect(programs).toEqual(["v"]);
  expect(digests).toHaveLength(5);
});

test("outlines of parts make the outline of the whole", async () => {
  const tables = await catalogFrom(["CREATE TABLE a (x)", "CREATE VIEW v AS SELECT x FROM a"]);
  const schema = schemaFromCatalog(tables);
  const [parent, a] = schema.tables;
  const nothing = { tables: [], virtualTables: [], views: [], triggers: [] };
  const parts = [
    { ...nothing, views: schema.views },
    { ...nothing, tables: parent ? [parent] : [] },
    { ...nothing, tables: a ? [a] : [] },
  ];
  expect(joinedOutline(parts.map((part) => outlineOf(part)))).toEqual(outlineOf(schema));
});

const LOSES: ReadonlySet<string> = new Set([
  "column-removed",
  "index-removed",
  "unique-removed",
  "check-removed",
  "foreign-key-removed",
]);

test("what differs between catalogs is what differs between their schemas, though only some tables are parsed", async () => {
  await fc.assert(
    fc.asyncProperty(randomTables, randomTables, async (left, right) => {
      const rename = `ALTER TABLE ${identifier(right.name)} RENAME TO ${identifier(left.name)}`;
      const program = `CREATE VIEW seen AS SELECT ${right.name.length}`;
      const from = outlined(await catalogFrom([...left.statements, "CREATE VIEW seen AS SELECT 1"]));
      const to = outlined(await catalogFrom([...right.statements, rename, program]));
      const whole = diffSchemas(schemaFromCatalog(from.rows), schemaFromCatalog(to.rows));
      expect(diffCatalogs(from, to)).toEqual(whole);
      const losing = (changes: readonly Change[]) => changes.filter(({ kind }) => LOSES.has(kind));
      expect(losing(diffReduced(from, to))).toEqual(losing(whole));
    }),
    { numRuns: 600 },
  );
});

test.each([
  [
    "a check that stands there once less",
    ["CREATE TABLE t (a, CHECK (a > 0), CHECK (a > 0))"],
    ["CREATE TABLE t (a, CHECK (a > 0))"],
  ],
  [
    "a foreign key whose columns its parent decides",
    ["CREATE TABLE p (x TEXT PRIMARY KEY, y)", "CREATE TABLE c (p REFERENCES p, z)"],
    ["CREATE TABLE p (x, y TEXT PRIMARY KEY)", "CREATE TABLE c (p REFERENCES p)"],
  ],
  ["a foreign key", ["CREATE TABLE c (p REFERENCES parent)"], ["CREATE TABLE c (p)"]],
  [
    "an index that became a constraint",
    ["CREATE TABLE t (a)", "CREATE INDEX i ON t (a)"],
    ["CREATE TABLE t (a UNIQUE)"],
  ],
])("%s is found", async (_, before, after) => {
  const [from, to] = [outlined(await catalogFrom(before)), outlined(await catalogFrom(after))];
  const whole = diffSchemas(schemaFromCatalog(from.rows), schemaFromCatalog(to.rows));
  expect(whole.filter(({ kind }) => LOSES.has(kind))).not.toEqual([]);
  expect(diffCatalogs(from, to)).toEqual(whole);
  expect(diffReduced(from, to)).toEqual(whole);
});

test("nothing is parsed of catalogs that mean the same", async () => {
  const rows = await catalogFrom(["CREATE TABLE a (x)"]);
  const { outline } = outlined(rows);
  const unreadable = rows.map((row) => ({ ...row, sql: "CREATE TABLE (" }));
  expect(diffCatalogs({ rows: unreadable, outline }, { rows: unreadable, outline })).toEqual([]);
});
