import * as fc from "fast-check";
import { expect, test } from "vitest";
import { diffSchemas } from "../../../src/schema/diff.ts";
import { digestsOf } from "../../../src/schema/fingerprint.ts";
import { schemaFromCatalog } from "../../../src/schema/from-catalog.ts";
import { joinedOutline, outlineOf } from "../../../src/schema/outline.ts";
import { reducedTables, schemaOfTables } from "../../../src/schema/reduced-tables.ts";
import type { CatalogRow } from "../../../src/schema/types.ts";
import { foldName, identifier } from "../../../src/sql/identifier.ts";
import { catalogOf, withDatabase } from "./catalog.ts";
import { randomTables } from "./random-table.ts";

async function catalogFrom(statements: readonly string[]): Promise<CatalogRow[]> {
  return withDatabase(["CREATE TABLE parent (id INTEGER PRIMARY KEY)"], async (client) => {
    for (const statement of statements) await client.execute(statement).catch(() => null);
    return catalogOf(client);
  });
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

test("a table loses something exactly when the two schemas differ so, seen alone as in the whole", async () => {
  await fc.assert(
    fc.asyncProperty(randomTables, randomTables, async (left, right) => {
      const rename = `ALTER TABLE ${identifier(right.name)} RENAME TO ${identifier(left.name)}`;
      const from = await catalogFrom(left.statements);
      const to = await catalogFrom([...right.statements, rename]);
      const [old, next] = [schemaFromCatalog(from), schemaFromCatalog(to)];
      const losing = (changes: ReturnType<typeof diffSchemas>) =>
        changes.filter((change) => LOSES.has(change.kind) && "table" in change);
      const reduced = reducedTables(outlineOf(old), outlineOf(next));
      const whole = losing(diffSchemas(old, next));
      expect(losing(diffSchemas(schemaOfTables(from, reduced), schemaOfTables(to, reduced)))).toEqual(whole);
      for (const change of whole)
        expect(reduced).toContain("table" in change ? foldName(change.table) : null);
      expect(digestsOf(old)).toEqual(outlineOf(old).digests);
    }),
    { numRuns: 600 },
  );
});

test("a check that stands there once less is lost", async () => {
  const from = await catalogFrom(["CREATE TABLE t (a, CHECK (a > 0), CHECK (a > 0))"]);
  const to = await catalogFrom(["CREATE TABLE t (a, CHECK (a > 0))"]);
  const [twice, once] = [outlineOf(schemaFromCatalog(from)), outlineOf(schemaFromCatalog(to))];
  expect([...reducedTables(twice, once)]).toEqual(["t"]);
  expect([...reducedTables(once, twice)]).toEqual([]);
});
