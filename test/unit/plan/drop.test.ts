import { expect, test } from "vitest";
import { droppedObjects, dropStatement } from "../../../src/plan/drop.ts";
import { catalogOf, withDatabase } from "../schema/catalog.ts";

const dropsOf = (...statements: readonly string[]) =>
  withDatabase(statements, async (client) =>
    droppedObjects(await catalogOf(client)).map(({ kind, name }) => `${kind} ${name}`),
  );

test("triggers and views go first, virtual tables and vector indexes before any table, newest first", async () => {
  const drops = await dropsOf(
    "CREATE TABLE a (id INTEGER PRIMARY KEY, v F32_BLOB(2))",
    "CREATE INDEX a_v ON a (libsql_vector_idx(v))",
    "CREATE INDEX a_id ON a (id)",
    "CREATE VIRTUAL TABLE ft USING fts5(t)",
    "CREATE VIEW v1 AS SELECT id FROM a",
    "CREATE VIEW v2 AS SELECT id FROM v1",
    "CREATE TRIGGER tr AFTER INSERT ON a BEGIN SELECT 1; END",
    "CREATE TABLE b (id)",
  );
  expect(drops).toEqual([
    "trigger tr",
    "view v2",
    "view v1",
    "virtual table ft",
    "vector index a_v",
    "table b",
    "table a",
  ]);
});

test("shadow tables go with their virtual table, and a table that only looks like one goes by itself", async () => {
  const drops = await dropsOf(
    "CREATE TABLE notes_data (id)",
    "CREATE TABLE notes (id)",
    "CREATE VIRTUAL TABLE [my ft] USING FTS5(t)",
    "CREATE TABLE [my ft_extra] (id)",
  );
  expect(drops).toEqual(["virtual table my ft", "table my ft_extra", "table notes", "table notes_data"]);
});

test("a column of FTS3 that is written like an option of FTS4 does away with no shadow table", async () => {
  expect(await dropsOf("CREATE VIRTUAL TABLE ft USING fts3(content='', t)")).toEqual(["virtual table ft"]);
});

test("rows go with tables, and not with a virtual table that shows those of another one", async () => {
  const statements = [
    "CREATE TABLE a (id INTEGER PRIMARY KEY, t)",
    "CREATE INDEX a_t ON a (t)",
    "CREATE VIEW v AS SELECT id FROM a",
    "CREATE VIRTUAL TABLE own USING fts5(t)",
    "CREATE VIRTUAL TABLE box USING rtree(id, x, y)",
    "CREATE VIRTUAL TABLE nowhere USING fts5(t, content='')",
    "CREATE VIRTUAL TABLE elsewhere USING fts5(t, content=a, content_rowid='id')",
    'CREATE VIRTUAL TABLE old USING FTS4(Content="a", t)',
    "CREATE VIRTUAL TABLE terms USING fts5vocab(own, 'row')",
  ];
  const drops = await withDatabase(statements, async (client) => droppedObjects(await catalogOf(client)));
  const holding = drops.filter(({ holdsRows }) => holdsRows).map(({ name }) => name);
  expect(holding).toEqual(["nowhere", "box", "own", "a"]);
});

test("what belongs to the engine, a platform or the bookkeeping stays, whatever its case", async () => {
  const drops = await dropsOf(
    "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT)",
    "CREATE TABLE _cf_KV (id)",
    "CREATE TABLE LIBSQL_x (id)",
    'CREATE TABLE "_litestream_seq" (id)',
    "CREATE TABLE _Clean_Slate (id)",
    "ANALYZE",
  );
  expect(drops).toEqual(["table a"]);
});

test("a name cannot escape its statement", () => {
  expect(dropStatement({ kind: "vector index", name: 'x"; DROP TABLE y; --', holdsRows: false })).toBe(
    'DROP INDEX IF EXISTS "x""; DROP TABLE y; --"',
  );
});
