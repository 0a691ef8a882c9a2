import { expect, test } from "vitest";
import { isEngineObject, shadowNames } from "../../../src/schema/engine-objects.ts";
import { schemaFromCatalog } from "../../../src/schema/from-catalog.ts";
import type { Table } from "../../../src/schema/types.ts";
import { catalogOf, schemaOf, withDatabase } from "./catalog.ts";

async function tableOf(...statements: string[]): Promise<Table> {
  const [table] = (await schemaOf(...statements)).tables;
  if (table === undefined) throw new Error("no table");
  return table;
}

const plain = { notNull: false, default: null, collate: null, generated: null, notNullConflict: null };

test("columns keep their names, types and constraints as declared", async () => {
  const table = await tableOf(`CREATE TABLE 'My "Table"' (
    id integer PRIMARY KEY AUTOINCREMENT, -- the id, (of course
    "e mail" VARCHAR(255) NOT NULL ON CONFLICT IGNORE COLLATE NOCASE,
    [big] UNSIGNED BIG INT DEFAULT -1,
    \`v\` F32_BLOB( 4 ),
    price DECIMAL(10, 2) DEFAULT (1 + (2)),
    bare,
    sum INT GENERATED ALWAYS AS (big + ')') STORED,
    twice AS (big * 2))`);
  expect(table.name).toBe('My "Table"');
  expect(table.columns).toEqual([
    { ...plain, name: "id", type: "integer" },
    {
      ...plain,
      name: "e mail",
      type: "VARCHAR(255)",
      notNull: true,
      collate: "NOCASE",
      notNullConflict: "IGNORE",
    },
    { ...plain, name: "big", type: "UNSIGNED BIG INT", default: "-1" },
    { ...plain, name: "v", type: "F32_BLOB(4)" },
    { ...plain, name: "price", type: "DECIMAL(10,2)", default: "(1 + (2))" },
    { ...plain, name: "bare", type: "" },
    { ...plain, name: "sum", type: "INT", generated: { expression: "big + ')'", stored: true } },
    { ...plain, name: "twice", type: "", generated: { expression: "big * 2", stored: false } },
  ]);
  expect(table.primaryKey).toEqual({ name: null, terms: ['"id"'], autoincrement: true, conflict: null });
});

test("constraints on columns land beside those of the table", async () => {
  const table = await tableOf(`CREATE TABLE t (
    a TEXT CONSTRAINT u1 UNIQUE CONSTRAINT c1 CHECK (a <> '('),
    b INT CONSTRAINT f1 REFERENCES p (x) ON DELETE CASCADE NOT NULL DEFERRABLE INITIALLY DEFERRED,
    c INT REFERENCES "p q" MATCH SIMPLE ON UPDATE SET NULL NOT DEFERRABLE,
    CONSTRAINT pk PRIMARY KEY (a DESC, "b") ON CONFLICT FAIL
    UNIQUE (b, c COLLATE NOCASE) ON CONFLICT REPLACE, CHECK (b > 0)
    FOREIGN KEY (b, c) REFERENCES p)`);
  expect(table.primaryKey).toEqual({
    name: "pk",
    terms: ['"a" DESC', '"b"'],
    autoincrement: false,
    conflict: "FAIL",
  });
  expect(table.uniques).toEqual([
    { name: "u1", terms: ['"a"'], conflict: null },
    { name: null, terms: ['"b"', '"c" COLLATE "NOCASE"'], conflict: "REPLACE" },
  ]);
  expect(table.checks).toEqual([
    { name: "c1", expression: "a <> '('" },
    { name: null, expression: "b > 0" },
  ]);
  const none = {
    name: null,
    foreignColumns: [],
    onDelete: "NO ACTION",
    onUpdate: "NO ACTION",
    deferrable: null,
  };
  expect(table.foreignKeys).toEqual([
    {
      ...none,
      name: "f1",
      columns: ["b"],
      foreignTable: "p",
      foreignColumns: ["x"],
      onDelete: "CASCADE",
      deferrable: "DEFERRABLE INITIALLY DEFERRED",
    },
    { ...none, columns: ["c"], foreignTable: "p q", onUpdate: "SET NULL" },
    { ...none, columns: ["b", "c"], foreignTable: "p" },
  ]);
  expect(table.columns[1]?.notNull).toBe(true);
});

test("table options are upper case and sorted, libSQL's own among them", async () => {
  const table = await tableOf("CREATE TABLE t (a TEXT PRIMARY KEY) without  rowid , strict");
  expect(table.options).toEqual(["STRICT", "WITHOUT ROWID"]);
  expect((await tableOf("CREATE TABLE r (a) RANDOM ROWID")).options).toEqual(["RANDOM ROWID"]);
});

test("indexes come with their table, without the ones SQLite makes by itself", async () => {
  const table = await tableOf(
    "CREATE TABLE T (a TEXT UNIQUE, b)",
    "CREATE INDEX i ON t ('a' COLLATE nocase DESC, lower(b) /* why */ ASC) WHERE b > 1 -- the end",
  );
  const terms = ['"a" COLLATE "nocase" DESC', "lower(b)"];
  expect(table.indexes).toEqual([{ name: "i", unique: false, terms, where: "b > 1" }]);
});

test("ALTER TABLE and CREATE TABLE AS leave text that is understood", async () => {
  const table = await tableOf(
    "CREATE TABLE t AS SELECT 1 AS a, 'x' AS \"b c\"",
    "ALTER TABLE t ADD COLUMN d TEXT NOT NULL DEFAULT 'q' CHECK (d <> 'z')",
    'ALTER TABLE t RENAME COLUMN a TO "select"',
    "ALTER TABLE t RENAME TO [t u]",
  );
  expect(table.name).toBe("t u");
  expect(table.columns.map(({ name, type }) => [name, type])).toEqual([
    ["select", ""],
    ["b c", ""],
    ["d", "TEXT"],
  ]);
  expect(table.checks).toHaveLength(1);
});

test("views, triggers and virtual tables keep their statement", async () => {
  const schema = await schemaOf(
    "CREATE TABLE t (a)",
    "CREATE VIEW IF NOT EXISTS v AS SELECT a FROM t",
    "CREATE TRIGGER g INSTEAD OF INSERT ON v BEGIN SELECT 1; END;",
    "CREATE VIRTUAL TABLE ft USING fts5(body, tokenize = 'porter')",
  );
  expect(schema.views).toEqual([{ name: "v", sql: "CREATE VIEW v AS SELECT a FROM t" }]);
  const trigger = "CREATE TRIGGER g INSTEAD OF INSERT ON v BEGIN SELECT 1; END";
  expect(schema.triggers).toEqual([{ name: "g", table: "v", sql: trigger }]);
  const sql = "CREATE VIRTUAL TABLE ft USING fts5(body, tokenize = 'porter')";
  expect(schema.virtualTables).toEqual([{ name: "ft", module: "fts5", sql }]);
});

test("objects of the engine, of platforms and of other objects are left out", async () => {
  const statements = [
    "CREATE TABLE docs (id INTEGER PRIMARY KEY AUTOINCREMENT, v F32_BLOB(2))",
    "CREATE INDEX near ON docs (libsql_vector_idx(v))",
    "CREATE VIRTUAL TABLE ft USING fts5(a)",
    "CREATE VIRTUAL TABLE Old USING fts4(a)",
    "CREATE VIRTUAL TABLE box USING rtree(id, x0, x1)",
    "CREATE TABLE _litestream_seq (a)",
    "CREATE TABLE _cf_KV (a)",
    "CREATE TABLE _clean_slate (a)",
    "CREATE INDEX mine ON _clean_slate (a)",
    "CREATE TABLE ft_notes (a)",
  ];
  await withDatabase(statements, async (client) => {
    const rows = await catalogOf(client);
    const schema = schemaFromCatalog(rows);
    expect(schema.tables.map(({ name }) => name)).toEqual(["docs", "ft_notes"]);
    expect(schema.virtualTables.map(({ name }) => name)).toEqual(["ft", "Old", "box"]);
    expect([...shadowNames(rows)]).toEqual(
      expect.arrayContaining([
        "near_shadow",
        "near_shadow_idx",
        "ft_data",
        "ft_config",
        "old_segdir",
        "box_parent",
      ]),
    );
    expect(shadowNames(rows)).not.toContain("ft_notes");
  });
});

test("a virtual table of a module called as a property of JavaScript's objects has no shadow tables", () => {
  const sql = "CREATE VIRTUAL TABLE t USING constructor(a)";
  expect([...shadowNames([{ type: "table", name: "t", table: "t", sql }])]).toEqual([]);
});

test.each([
  "sqlite_sequence",
  "LIBSQL_vector_meta_shadow",
  "_litestream_lock",
  "_cf_METADATA",
  "_Clean_Slate",
])("%s is an engine object", (name) => {
  expect(isEngineObject(name)).toBe(true);
});

test.each(["users", "sqlite", "clean_slate", "__drizzle_migrations", "_clean_slate_2"])(
  "%s is not",
  (name) => {
    expect(isEngineObject(name)).toBe(false);
  },
);

test.each([
  ["table", "CREATE TABLE broken (a TEXT,, b)"],
  ["table", "CREATE TABLE broken"],
  ["index", "CREATE INDEX broken ON t"],
  ["table", "CREATE TABLE broken (a TEXT DEFAULT)"],
  ["table", "CREATE TABLE broken (a TEXT CHECK (1"],
] as const)("a %s that cannot be read is named: %s", (type, sql) => {
  const read = () => schemaFromCatalog([{ type, name: "broken", table: "t", sql }]);
  expect(read).toThrowError(expect.objectContaining({ code: "DATABASE_UNREADABLE" }));
  expect(read).toThrowError(/"broken"/);
});
