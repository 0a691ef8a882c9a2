import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createStatements } from "../../../src/schema/create.ts";
import { diffSchemas } from "../../../src/schema/diff.ts";
import { fingerprintOf } from "../../../src/schema/fingerprint.ts";
import { orderTables } from "../../../src/schema/order.ts";
import type { Schema, Table } from "../../../src/schema/types.ts";
import { identifier } from "../../../src/sql/identifier.ts";
import { schemaOf } from "./catalog.ts";
import { randomTables } from "./random-table.ts";

const sqlOf = (schema: Schema): string[] => createStatements(schema).map(({ sql }) => sql);

/** A schema of tables that reference each other by name. */
const schemaWith = (references: Readonly<Record<string, readonly string[]>>): Promise<Schema> =>
  schemaOf(
    ...Object.entries(references).map(
      ([name, parents]) =>
        `CREATE TABLE ${identifier(name)} (id INTEGER PRIMARY KEY${parents.map((parent, at) => `, r${at} REFERENCES ${identifier(parent)} (id)`).join("")})`,
    ),
  );

const FEATURES = [
  "CREATE TABLE parent (id INTEGER PRIMARY KEY, code TEXT UNIQUE)",
  `CREATE TABLE "it's ""all""" (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL DEFAULT 'a;b' COLLATE NOCASE CHECK (length(name) < 9),
    twice INTEGER GENERATED ALWAYS AS (id * 2) STORED,
    parent_code TEXT REFERENCES parent (code) ON DELETE SET NULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT "u 1" UNIQUE (name, parent_code) ON CONFLICT REPLACE
  )`,
  `CREATE UNIQUE INDEX "i;1" ON "it's ""all""" (lower(name) DESC, parent_code COLLATE RTRIM) WHERE name <> ';'`,
  "CREATE TABLE pairs (a TEXT, b ANY, PRIMARY KEY (a, b)) STRICT, WITHOUT ROWID",
  "CREATE VIRTUAL TABLE ft USING fts5(title, content='parent')",
  `CREATE VIEW "v;2" AS SELECT * FROM parent`,
  `CREATE VIEW "v;1" AS SELECT * FROM "v;2"`,
  "CREATE TRIGGER tr AFTER INSERT ON parent BEGIN UPDATE parent SET code = ';'; SELECT 1; END",
];

describe("a schema said in SQL", () => {
  test("makes the same schema again, whatever it holds", async () => {
    const schema = await schemaOf(...FEATURES);
    const again = await schemaOf(...sqlOf(schema));
    expect(diffSchemas(schema, again)).toEqual([]);
    expect(fingerprintOf(again)).toBe(fingerprintOf(schema));
  });

  test("makes the same schema again for every table SQLite takes", async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(randomTables, async ({ statements }) => {
        const schema = await schemaOf(...statements).catch(() => null);
        if (!schema) return;
        taken += 1;
        const again = await schemaOf(...sqlOf(schema));
        expect(diffSchemas(schema, again)).toEqual([]);
        expect(fingerprintOf(again)).toBe(fingerprintOf(schema));
      }),
      { numRuns: 1200 },
    );
    expect(taken).toBeGreaterThan(100);
  });

  test.each([
    "CREATE TABLE t (id INTEGER CONSTRAINT named PRIMARY KEY DESC)",
    "CREATE TABLE t (id INTEGER PRIMARY KEY DESC)",
    "CREATE TABLE t (id INTEGER, CONSTRAINT named PRIMARY KEY (id DESC))",
    "CREATE TABLE t (id INTEGER CONSTRAINT named PRIMARY KEY AUTOINCREMENT)",
  ])("keeps what is the rowid and what is not: %s", async (sql) => {
    const schema = await schemaOf(sql);
    expect(fingerprintOf(await schemaOf(...sqlOf(schema)))).toBe(fingerprintOf(schema));
  });

  test("has the same bytes whatever the order of its parts", async () => {
    const schema = await schemaOf(...FEATURES);
    const shuffled = fc.tuple(
      fc.shuffledSubarray([...schema.tables], { minLength: schema.tables.length }),
      fc.shuffledSubarray([...schema.views], { minLength: schema.views.length }),
    );
    fc.assert(
      fc.property(shuffled, ([tables, views]) => {
        expect(createStatements({ ...schema, tables, views })).toEqual(createStatements(schema));
      }),
    );
  });

  test("has one column a line, and every index after its table", async () => {
    const statements = createStatements(await schemaOf(...FEATURES));
    const table = statements.find(({ name }) => name.startsWith("it's"));
    expect(table?.sql.split("\n")).toHaveLength(9);
    expect(statements.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      `table parent`,
      `table it's "all"`,
      "index i;1",
      "table pairs",
      "virtual table ft",
      "view v;2",
      "view v;1",
      "trigger tr",
    ]);
  });

  test("names a cycle of foreign keys in a comment of one line", async () => {
    const [first, second] = createStatements(await schemaWith({ "egg\n;": ["hen"], hen: ["egg\n;"] }));
    expect(first?.comment).toBe('a foreign-key cycle: references "egg ;", created below');
    expect(second?.comment).toBeNull();
  });

  test("has no comment for a table that references itself", async () => {
    expect(createStatements(await schemaWith({ tree: ["tree"] })).map(({ comment }) => comment)).toEqual([
      null,
    ]);
  });
});

describe("the order of tables", () => {
  const graphs = fc
    .array(fc.array(fc.nat({ max: 7 }), { maxLength: 3 }), { minLength: 1, maxLength: 8 })
    .map((lists) =>
      lists.map((list, at) =>
        bareTable(
          `t${at}`,
          list.map((to) => `t${to % lists.length}`),
        ),
      ),
    );

  test("puts every table after its parents, and says which come later", () => {
    fc.assert(
      fc.property(graphs, (tables) => {
        const order = orderTables(tables);
        expect(order.map(({ table }) => table.name).toSorted()).toEqual(
          tables.map(({ name }) => name).toSorted(),
        );
        const placeOf = new Map(order.map(({ table }, place) => [table.name, place]));
        for (const [place, { table, forward }] of order.entries()) {
          const parents = new Set(table.foreignKeys.map(({ foreignTable }) => foreignTable));
          const later = [...parents].filter((parent) => (placeOf.get(parent) ?? 0) > place);
          expect(forward.toSorted()).toEqual(later.toSorted());
          for (const parent of later) expect(isReachable(tables, parent, table.name)).toBe(true);
        }
      }),
    );
  });

  test("does not depend on the order they are given in", () => {
    const shuffles = graphs.chain((tables) =>
      fc.tuple(fc.constant(tables), fc.shuffledSubarray(tables, { minLength: tables.length })),
    );
    fc.assert(
      fc.property(shuffles, ([tables, shuffled]) => {
        expect(orderTables(shuffled)).toEqual(orderTables(tables));
      }),
    );
  });

  test("is alphabetical where the foreign keys leave a choice", () => {
    const tables = [bareTable("a", ["z", "y"]), bareTable("x", []), bareTable("z", []), bareTable("y", [])];
    expect(orderTables(tables).map(({ table }) => table.name)).toEqual(["y", "z", "a", "x"]);
  });

  test("takes a chain of thousands", () => {
    const chain = Array.from({ length: 5000 }, (_, at) => bareTable(`t${at}`, [`t${at + 1}`]));
    expect(orderTables(chain)[0]?.table.name).toBe("t4999");
  });
});

/** Whether foreign keys lead from one table to another: only then may the second be created before the first. */
function isReachable(tables: readonly Table[], from: string, to: string): boolean {
  const seen = new Set<string>();
  const open = [from];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name === to) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    const table = tables.find((candidate) => candidate.name === name);
    open.push(...(table?.foreignKeys.map(({ foreignTable }) => foreignTable) ?? []));
  }
  return false;
}

function bareTable(name: string, parents: readonly string[]): Table {
  const foreignKeys = parents.map((foreignTable) => ({
    name: null,
    columns: ["r"],
    foreignTable,
    foreignColumns: [],
    onDelete: "NO ACTION",
    onUpdate: "NO ACTION",
    deferrable: null,
  }));
  const empty = { primaryKey: null, uniques: [], checks: [], indexes: [], options: [], columns: [] };
  return { name, ...empty, foreignKeys };
}
