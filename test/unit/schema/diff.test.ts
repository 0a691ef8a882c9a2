import * as fc from "fast-check";
import { expect, test } from "vitest";
import { diffSchemas } from "../../../src/schema/diff.ts";
import { describeChange } from "../../../src/schema/describe-change.ts";
import { fingerprintOf } from "../../../src/schema/fingerprint.ts";
import { schemaFromCatalog } from "../../../src/schema/from-catalog.ts";
import { normalizePrograms, tableNormalizer } from "../../../src/schema/normalize.ts";
import type { Schema } from "../../../src/schema/types.ts";
import { catalogOf, schemaOf, withDatabase } from "./catalog.ts";
import { randomTables } from "./random-table.ts";

const P = "CREATE TABLE p (id INTEGER PRIMARY KEY, x TEXT)";
const trigger = (rest: string): string[] => [P, `CREATE TRIGGER g ${rest}`];

/** What differs, one schema, the other, and the kinds of change that say so. */
const DIFFERENT: readonly (readonly [
  what: string,
  from: readonly string[],
  to: readonly string[],
  kinds: string,
])[] = [
  ["a new table", [P], [P, "CREATE TABLE q (a)"], "table-added"],
  ["a gone table", [P, "CREATE TABLE q (a)"], [P], "table-removed"],
  ["a new column", ["CREATE TABLE t (a)"], ["CREATE TABLE t (a, b)"], "column-added"],
  ["a gone column", ["CREATE TABLE t (a, b)"], ["CREATE TABLE t (a)"], "column-removed"],
  ["the order of columns", ["CREATE TABLE t (a, b)"], ["CREATE TABLE t (b, a)"], "column-order-altered"],
  ["a type", ["CREATE TABLE t (a INT)"], ["CREATE TABLE t (a INTEGER)"], "column-altered"],
  ["a size", ["CREATE TABLE t (a VARCHAR(10))"], ["CREATE TABLE t (a VARCHAR(11))"], "column-altered"],
  ["NOT NULL", ["CREATE TABLE t (a)"], ["CREATE TABLE t (a NOT NULL)"], "column-altered"],
  [
    "NOT NULL's conflict",
    ["CREATE TABLE t (a NOT NULL)"],
    ["CREATE TABLE t (a NOT NULL ON CONFLICT IGNORE)"],
    "column-altered",
  ],
  ["a default", ["CREATE TABLE t (a DEFAULT 'x')"], ["CREATE TABLE t (a DEFAULT 'X')"], "column-altered"],
  [
    "a word or an expression",
    ["CREATE TABLE t (a DEFAULT CURRENT_DATE)"],
    ["CREATE TABLE t (a DEFAULT 'CURRENT_DATE')"],
    "column-altered",
  ],
  [
    "a collation",
    ["CREATE TABLE t (a COLLATE NOCASE)"],
    ["CREATE TABLE t (a COLLATE RTRIM)"],
    "column-altered",
  ],
  [
    "a generated expression",
    ["CREATE TABLE t (a, b AS (a + 1))"],
    ["CREATE TABLE t (a, b AS (a + 2))"],
    "column-altered",
  ],
  [
    "generated storage",
    ["CREATE TABLE t (a, b AS (1) STORED)"],
    ["CREATE TABLE t (a, b AS (1))"],
    "column-altered",
  ],
  [
    "a primary key",
    ["CREATE TABLE t (a TEXT)"],
    ["CREATE TABLE t (a TEXT PRIMARY KEY)"],
    "primary-key-altered",
  ],
  [
    "the order of a key",
    ["CREATE TABLE t (a, b, PRIMARY KEY (a, b))"],
    ["CREATE TABLE t (a, b, PRIMARY KEY (b, a))"],
    "primary-key-altered",
  ],
  [
    "AUTOINCREMENT",
    ["CREATE TABLE t (a INTEGER PRIMARY KEY)"],
    ["CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT)"],
    "primary-key-altered",
  ],
  [
    "the rowid quirk of DESC",
    ["CREATE TABLE t (a INTEGER PRIMARY KEY)"],
    ["CREATE TABLE t (a INTEGER PRIMARY KEY DESC)"],
    "column-altered primary-key-altered",
  ],
  [
    "a key's conflict",
    ["CREATE TABLE t (a TEXT PRIMARY KEY)"],
    ["CREATE TABLE t (a TEXT PRIMARY KEY ON CONFLICT REPLACE)"],
    "primary-key-altered",
  ],
  ["UNIQUE", ["CREATE TABLE t (a)"], ["CREATE TABLE t (a UNIQUE)"], "unique-added"],
  [
    "UNIQUE's conflict",
    ["CREATE TABLE t (a UNIQUE)"],
    ["CREATE TABLE t (a UNIQUE ON CONFLICT IGNORE)"],
    "unique-removed unique-added",
  ],
  [
    "UNIQUE and a second index",
    ["CREATE TABLE t (a UNIQUE)"],
    ["CREATE TABLE t (a UNIQUE)", "CREATE UNIQUE INDEX i ON t (a)"],
    "unique-added",
  ],
  ["STRICT", ["CREATE TABLE t (a TEXT)"], ["CREATE TABLE t (a TEXT) STRICT"], "table-options-altered"],
  [
    "a check",
    ["CREATE TABLE t (a, CHECK (a > 1))"],
    ["CREATE TABLE t (a, CHECK (a >= 1))"],
    "check-removed check-added",
  ],
  [
    "a foreign key",
    [P, "CREATE TABLE t (a)"],
    [P, "CREATE TABLE t (a REFERENCES p (id))"],
    "foreign-key-added",
  ],
  [
    "RESTRICT instead of NO ACTION",
    [P, "CREATE TABLE t (a REFERENCES p ON DELETE RESTRICT)"],
    [P, "CREATE TABLE t (a REFERENCES p ON DELETE NO ACTION)"],
    "foreign-key-removed foreign-key-added",
  ],
  [
    "deferral",
    [P, "CREATE TABLE t (a REFERENCES p DEFERRABLE INITIALLY DEFERRED)"],
    [P, "CREATE TABLE t (a REFERENCES p)"],
    "foreign-key-removed foreign-key-added",
  ],
  ["a new index", [P], [P, "CREATE INDEX i ON p (x)"], "index-added"],
  [
    "an index by another name",
    [P, "CREATE INDEX i ON p (x)"],
    [P, "CREATE INDEX j ON p (x)"],
    "index-removed index-added",
  ],
  [
    "the direction of an index",
    [P, "CREATE INDEX i ON p (x)"],
    [P, "CREATE INDEX i ON p (x DESC)"],
    "index-altered",
  ],
  [
    "the collation of an index",
    [P, "CREATE INDEX i ON p (x)"],
    [P, "CREATE INDEX i ON p (x COLLATE NOCASE)"],
    "index-altered",
  ],
  [
    "an index's WHERE",
    [P, "CREATE INDEX i ON p (x) WHERE x > 1"],
    [P, "CREATE INDEX i ON p (x) WHERE x > 2"],
    "index-altered",
  ],
  [
    "an index's expression",
    [P, "CREATE INDEX i ON p (lower(x))"],
    [P, "CREATE INDEX i ON p (upper(x))"],
    "index-altered",
  ],
  [
    "a partial unique index",
    [P, "CREATE UNIQUE INDEX i ON p (x)"],
    [P, "CREATE UNIQUE INDEX i ON p (x) WHERE x"],
    "unique-removed index-added",
  ],
  ["a new view", [P], [P, "CREATE VIEW v AS SELECT x FROM p"], "view-added"],
  [
    "a view",
    [P, "CREATE VIEW v AS SELECT x FROM p"],
    [P, "CREATE VIEW v AS SELECT id FROM p"],
    "view-altered",
  ],
  ["the columns of a view", ["CREATE VIEW v AS SELECT 1"], ["CREATE VIEW v (a) AS SELECT 1"], "view-altered"],
  [
    "a replica's LIMIT",
    [P, "CREATE VIEW v AS SELECT x FROM p LIMIT 2, 3"],
    [P, "CREATE VIEW v AS SELECT x FROM p LIMIT 2 OFFSET 3"],
    "view-altered",
  ],
  ["a new trigger", [P], trigger("AFTER INSERT ON p BEGIN SELECT 1; END"), "trigger-added"],
  [
    "a trigger's time",
    trigger("AFTER INSERT ON p BEGIN SELECT 1; END"),
    trigger("BEFORE INSERT ON p BEGIN SELECT 1; END"),
    "trigger-altered",
  ],
  [
    "a trigger's condition",
    trigger("AFTER INSERT ON p WHEN new.x BEGIN SELECT 1; END"),
    trigger("AFTER INSERT ON p BEGIN SELECT 1; END"),
    "trigger-altered",
  ],
  [
    "a virtual table",
    ["CREATE VIRTUAL TABLE f USING fts5(a)"],
    ["CREATE VIRTUAL TABLE f USING fts5(a, b)"],
    "virtual-table-altered",
  ],
  [
    "a module's option in quotes",
    [`CREATE VIRTUAL TABLE f USING fts5(a, tokenize="unicode61 tokenchars 'X'")`],
    [`CREATE VIRTUAL TABLE f USING fts5(a, tokenize="unicode61 tokenchars 'x'")`],
    "virtual-table-altered",
  ],
];

test.each(DIFFERENT)("%s is a difference", async (...[, left, right, kinds]) => {
  const [from, to] = [await schemaOf(...left), await schemaOf(...right)];
  const changes = diffSchemas(from, to);
  expect([...new Set(changes.map(({ kind }) => kind))].join(" ")).toBe(kinds);
  expect(fingerprintOf(from)).not.toBe(fingerprintOf(to));
  expect(diffSchemas(to, from)).toHaveLength(changes.length);
});

const SAME: readonly (readonly [what: string, left: readonly string[], right: readonly string[]])[] = [
  ["spacing and comments", ["CREATE TABLE t (a, b)"], ["CREATE TABLE t(a /* 1 */,\n-- 2\nb)"]],
  ["quoting of names", ['CREATE TABLE "t" ("a b", "c")'], ["CREATE TABLE [t] (`a b`, c)"]],
  ["case of names", ["CREATE TABLE Users (Id, EMail)"], ["CREATE TABLE users (id, email)"]],
  [
    "case and spacing of types",
    ["CREATE TABLE t (a decimal( 10,2 ))"],
    ["CREATE TABLE t (a DECIMAL(10 , 2))"],
  ],
  [
    "a key on the column or the table",
    ["CREATE TABLE t (a TEXT PRIMARY KEY)"],
    ["CREATE TABLE t (a TEXT, PRIMARY KEY (a))"],
  ],
  [
    "UNIQUE on the column or the table",
    ["CREATE TABLE t (a UNIQUE, b)"],
    ["CREATE TABLE t (a, b, UNIQUE (a))"],
  ],
  [
    "UNIQUE or a unique index",
    ["CREATE TABLE t (a UNIQUE)"],
    ["CREATE TABLE t (a)", "CREATE UNIQUE INDEX i ON t (a)"],
  ],
  [
    "the name of a unique index",
    [P, "CREATE UNIQUE INDEX i ON p (x)"],
    [P, "CREATE UNIQUE INDEX j ON p (x)"],
  ],
  ["UNIQUE twice", ["CREATE TABLE t (a UNIQUE, UNIQUE (a DESC))"], ["CREATE TABLE t (a UNIQUE)"]],
  [
    "UNIQUE beside the same key",
    ["CREATE TABLE t (a TEXT PRIMARY KEY UNIQUE)"],
    ["CREATE TABLE t (a TEXT PRIMARY KEY)"],
  ],
  [
    "a check on the column or the table",
    ["CREATE TABLE t (a CHECK (a > 1), b)"],
    ["CREATE TABLE t (a, b, CHECK ((a > 1)))"],
  ],
  [
    "the name of a constraint",
    ["CREATE TABLE t (a CONSTRAINT c CHECK (a))"],
    ["CREATE TABLE t (a CONSTRAINT d CHECK (a))"],
  ],
  [
    "the order of checks",
    ["CREATE TABLE t (a, CHECK (a), CHECK (1))"],
    ["CREATE TABLE t (a, CHECK (1), CHECK (a))"],
  ],
  [
    "NOT NULL on a rowid",
    ["CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL)"],
    ["CREATE TABLE t (a integer primary key)"],
  ],
  [
    "NOT NULL on a key without rowid",
    ["CREATE TABLE t (a TEXT PRIMARY KEY NOT NULL) WITHOUT ROWID"],
    ["CREATE TABLE t (a TEXT PRIMARY KEY) WITHOUT ROWID"],
  ],
  [
    "NULL, ABORT and BINARY",
    ["CREATE TABLE t (a NULL, b NOT NULL ON CONFLICT ABORT, c COLLATE binary)"],
    ["CREATE TABLE t (a, b NOT NULL, c)"],
  ],
  [
    "parentheses around a default",
    ["CREATE TABLE t (a DEFAULT ((1)), b DEFAULT (CURRENT_TIME))"],
    ["CREATE TABLE t (a DEFAULT 1, b DEFAULT current_time)"],
  ],
  [
    "a name as a default",
    ['CREATE TABLE t (a DEFAULT draft, b DEFAULT "x")'],
    ["CREATE TABLE t (a DEFAULT 'draft', b DEFAULT 'x')"],
  ],
  ["NULL as a default", ["CREATE TABLE t (a DEFAULT NULL)"], ["CREATE TABLE t (a)"]],
  [
    "words of a generated column",
    ["CREATE TABLE t (a, b GENERATED ALWAYS AS (a+1) VIRTUAL)"],
    ["CREATE TABLE t (a, b AS (a + 1))"],
  ],
  [
    "the place of a foreign key",
    [P, "CREATE TABLE t (a REFERENCES p (id))"],
    [P, "CREATE TABLE t (a, FOREIGN KEY (a) REFERENCES P (ID))"],
  ],
  [
    "the parent's key, named or meant",
    [P, "CREATE TABLE t (a REFERENCES p)"],
    [P, "CREATE TABLE t (a REFERENCES p (id))"],
  ],
  [
    "NO ACTION",
    [P, "CREATE TABLE t (a REFERENCES p ON DELETE NO ACTION)"],
    [P, "CREATE TABLE t (a REFERENCES p)"],
  ],
  [
    "every spelling of immediate",
    [P, "CREATE TABLE t (a REFERENCES p NOT DEFERRABLE INITIALLY DEFERRED)"],
    [P, "CREATE TABLE t (a REFERENCES p DEFERRABLE INITIALLY IMMEDIATE)"],
  ],
  [
    "the order of options",
    ["CREATE TABLE t (a TEXT PRIMARY KEY) STRICT, WITHOUT ROWID"],
    ["CREATE TABLE t (a TEXT PRIMARY KEY) without rowid, strict"],
  ],
  ["ASC", [P, "CREATE INDEX i ON p (x ASC)"], [P, "CREATE INDEX i ON p (x)"]],
  [
    "parentheses around a term",
    [P, "CREATE INDEX i ON p ((x), (lower(x)))"],
    [P, "CREATE INDEX i ON p (x, lower(x))"],
  ],
  [
    "the column's own collation",
    ["CREATE TABLE t (a COLLATE NOCASE, b)", "CREATE INDEX i ON t (a, b)"],
    ["CREATE TABLE t (a COLLATE NOCASE, b)", "CREATE INDEX i ON t (a COLLATE nocase, b COLLATE binary)"],
  ],
  [
    "parentheses around WHERE",
    [P, "CREATE INDEX i ON p (x) WHERE (x != 1)"],
    [P, "CREATE INDEX i ON p (x) WHERE x <> 1"],
  ],
  [
    "the order of creation",
    ["CREATE TABLE a (x)", "CREATE TABLE b (x)"],
    ["CREATE TABLE b (x)", "CREATE TABLE a (x)"],
  ],
  [
    "AS in a view",
    [P, "CREATE VIEW v AS SELECT x AS y FROM p AS q"],
    [P, "CREATE VIEW v AS select x y from p q"],
  ],
  [
    "LIMIT with a comma",
    [P, "CREATE VIEW v AS SELECT x FROM p LIMIT 2, 3"],
    [P, "CREATE VIEW v AS SELECT x FROM p LIMIT 3 OFFSET 2"],
  ],
  [
    "the defaults of a trigger",
    trigger("INSERT ON p BEGIN REPLACE INTO p VALUES (1, 2); END"),
    trigger("BEFORE INSERT ON p FOR EACH ROW BEGIN INSERT OR REPLACE INTO p VALUES (1, 2); END"),
  ],
  [
    "the spelling of a virtual table",
    ["CREATE VIRTUAL TABLE f USING fts5(a,tokenize='ascii')"],
    ["create virtual table \"F\" using FTS5 (A, tokenize = 'ascii')"],
  ],
];

const normalize = (schema: Schema): Schema => ({
  tables: schema.tables.map(tableNormalizer(schema.tables)),
  ...normalizePrograms(schema),
});

test.each(SAME)("%s makes no difference", async (_what, left, right) => {
  const [from, to] = [await schemaOf(...left), await schemaOf(...right)];
  expect(diffSchemas(from, to)).toEqual([]);
  expect(fingerprintOf(from)).toBe(fingerprintOf(to));
  expect(normalize(normalize(from))).toEqual(normalize(from));
});

test("a foreign key without columns takes them from the table it is now seen with", async () => {
  const { tables } = await schemaOf(P, "CREATE TABLE t (a REFERENCES p)");
  const other = await schemaOf("CREATE TABLE p (key TEXT PRIMARY KEY)");
  const child = tables.filter(({ name }) => name === "t");
  const columns = (all: Schema["tables"]) =>
    child
      .map(tableNormalizer(all))
      .flatMap(({ foreignKeys }) => foreignKeys.map((key) => key.foreignColumns));
  expect(columns(tables)).toEqual([["id"]]);
  expect(columns([...child, ...other.tables])).toEqual([["key"]]);
});

test("names in a change are the ones written, and the new side's come first", async () => {
  const from = await schemaOf("CREATE TABLE USERS (EMAIL text, Old_Col)");
  const to = await schemaOf("CREATE TABLE Users (eMail text NOT NULL DEFAULT ('X'))");
  expect(diffSchemas(from, to)).toEqual([
    {
      kind: "column-altered",
      table: "Users",
      column: "eMail",
      property: "notNull",
      from: null,
      to: "NOT NULL",
    },
    { kind: "column-altered", table: "Users", column: "eMail", property: "default", from: null, to: "('X')" },
    { kind: "column-removed", table: "Users", column: "Old_Col" },
  ]);
});

async function randomSchema(statements: readonly string[]): Promise<Schema> {
  return withDatabase(["CREATE TABLE parent (id INTEGER PRIMARY KEY)"], async (client) => {
    for (const statement of statements) await client.execute(statement).catch(() => null);
    return schemaFromCatalog(await catalogOf(client));
  });
}

test("there is no change exactly when the fingerprints are equal, and every change has its words", async () => {
  await fc.assert(
    fc.asyncProperty(randomTables, randomTables, fc.boolean(), async (left, right, merge) => {
      const from = await randomSchema(left.statements);
      const other = await randomSchema(right.statements);
      const [one] = from.tables.filter(({ name }) => name !== "parent");
      const renamed = other.tables.map((table) => (merge && one ? { ...table, name: one.name } : table));
      const to = { ...other, tables: renamed };
      const changes = diffSchemas(from, to);
      expect(changes.length === 0).toBe(fingerprintOf(from) === fingerprintOf(to));
      expect(diffSchemas(from, from)).toEqual([]);
      expect(normalize(normalize(from))).toEqual(normalize(from));
      for (const change of changes) expect(describeChange(change)).toMatch(/: \S.* in /);
    }),
    { numRuns: 200 },
  );
});
