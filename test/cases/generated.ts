import { answers, type Case, type Drizzle, ours, same } from "./case.ts";

/** Generated columns. */
export const generatedCases: readonly Case[] = [
  {
    name: "a generated column by sql is virtual unless told",
    models: (d) => ({
      t: d.sqliteTable("t", { a: d.text(), b: d.text().generatedAlwaysAs(d.sql`upper("a")`) }),
    }),
    expect: same,
    insert: answers(["INSERT INTO t (a) VALUES ('x')"], "SELECT b FROM t", { b: "X" }),
  },
  {
    name: "a generated column may be stored",
    models: (d) => ({
      t: d.sqliteTable("t", {
        a: d.integer(),
        b: d.integer().generatedAlwaysAs(d.sql`a * 2`, { mode: "stored" }),
      }),
    }),
    expect: same,
    insert: answers(["INSERT INTO t (a) VALUES (4)"], "SELECT b FROM t", { b: 8 }),
  },
  {
    name: "a generated column by a function reads its table's columns",
    models: (d) => {
      const t = d.sqliteTable("t", {
        a: d.integer(),
        b: d.integer().generatedAlwaysAs((): unknown => d.sql`${t.a} + 1`, { mode: "virtual" }),
      });
      return { t };
    },
    expect: same,
    insert: answers(["INSERT INTO t (a) VALUES (4)"], "SELECT b FROM t", { b: 5 }),
  },
  {
    name: "a generated column by a string is raw SQL",
    models: (d) => ({
      t: d.sqliteTable("t", {
        first: d.text(),
        last: d.text(),
        full: d.text().generatedAlwaysAs("first || ' ' || last", { mode: "stored" }),
      }),
    }),
    expect: same,
    insert: answers([`INSERT INTO t ("first", "last") VALUES ('a', 'b')`], "SELECT full FROM t", {
      full: "a b",
    }),
  },
  {
    name: "a generated column with NOT NULL and an index",
    models: (d) => ({
      t: d.sqliteTable(
        "t",
        {
          a: d.text(),
          low: d
            .text()
            .notNull()
            .generatedAlwaysAs(d.sql`lower(a)`, { mode: "stored" }),
        },
        (c: Drizzle) => [d.uniqueIndex("t_low").on(c.low)],
      ),
    }),
    expect: same,
  },
  {
    name: "a generated column that is unique",
    models: (d) => ({
      t: d.sqliteTable("t", {
        a: d.text(),
        low: d
          .text()
          .generatedAlwaysAs(d.sql`lower(a)`)
          .unique(),
      }),
    }),
    expect: same,
  },
  {
    name: "commas, semicolons and parentheses in a generated column stay",
    models: (d) => ({
      t: d.sqliteTable("t", { a: d.text(), b: d.text().generatedAlwaysAs(d.sql`replace(a, ';', ',)')`) }),
    }),
    expect: same,
    insert: answers(["INSERT INTO t (a) VALUES ('1;2')"], "SELECT b FROM t", { b: "1,)2" }),
  },
  {
    name: "params in a generated column are literals",
    models: (d) => ({
      t: d.sqliteTable("t", {
        a: d.text(),
        b: d.text().generatedAlwaysAs((): unknown => d.sql`coalesce(a, ${"it's ?"}) || '?' || ${7}`),
      }),
    }),
    expect: ours(
      "leaves ? in the generated column",
      `CREATE TABLE "t" ("a" text, "b" text GENERATED ALWAYS AS (coalesce(a, 'it''s ?') || '?' || 7) VIRTUAL)`,
    ),
    insert: answers(["INSERT INTO t (a) VALUES (NULL)"], "SELECT b FROM t", { b: "it's ??7" }),
  },
  {
    name: "a generated column over a JSON path",
    models: (d) => ({
      t: d.sqliteTable("t", {
        doc: d.text({ mode: "json" }),
        name: d.text().generatedAlwaysAs(d.sql`doc ->> '$.name'`),
      }),
    }),
    expect: same,
    insert: answers([`INSERT INTO t (doc) VALUES ('{"name":"n"}')`], "SELECT name FROM t", { name: "n" }),
  },
  {
    name: "a generated column under casing names the column as the table does",
    options: { casing: "snake_case" },
    models: (d) => {
      const t = d.sqliteTable("t", {
        unitPrice: d.integer(),
        priceTwice: d
          .integer()
          .generatedAlwaysAs((): unknown => d.sql`${t.unitPrice} * 2`, { mode: "stored" }),
      });
      return { t };
    },
    expect: same,
    insert: answers(["INSERT INTO t (unit_price) VALUES (3)"], "SELECT price_twice AS p FROM t", { p: 6 }),
  },
  {
    name: "a generated column that another table refers to",
    models: (d) => {
      const t = d.sqliteTable("t", {
        a: d.text(),
        key: d
          .text()
          .generatedAlwaysAs(d.sql`lower(a)`, { mode: "stored" })
          .unique(),
      });
      const child = d.sqliteTable("child", { key: d.text().references(() => t.key) });
      return { child, t };
    },
    expect: same,
  },
];
