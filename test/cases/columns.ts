import { type Case, defaultsOf, same } from "./case.ts";

/** Column types and modes, without defaults. */
export const columnCases: readonly Case[] = [
  {
    name: "an integer column in every mode is integer",
    models: (d) => ({
      t: d.sqliteTable("t", {
        plain: d.integer(),
        number: d.integer({ mode: "number" }),
        boolean: d.integer({ mode: "boolean" }),
        seconds: d.integer({ mode: "timestamp" }),
        milliseconds: d.integer({ mode: "timestamp_ms" }),
      }),
    }),
    expect: same,
  },
  {
    name: "int is integer under a shorter name",
    models: (d) => ({ t: d.sqliteTable("t", { id: d.int().primaryKey(), n: d.int("the_number") }) }),
    expect: same,
  },
  {
    name: "a text column in every mode is text",
    models: (d) => ({
      t: d.sqliteTable("t", {
        plain: d.text(),
        json: d.text({ mode: "json" }),
        text: d.text({ mode: "text" }),
      }),
    }),
    expect: same,
  },
  {
    name: "a text column with a length keeps it in the type",
    models: (d) => ({ t: d.sqliteTable("t", { code: d.text({ length: 12 }).notNull() }) }),
    expect: same,
  },
  {
    name: "a text enum with a length keeps the length and makes no CHECK",
    models: (d) => ({
      t: d.sqliteTable("t", { role: d.text({ length: 8, enum: ["admin", "it's", "guest"] }).notNull() }),
    }),
    expect: same,
  },
  {
    name: "a text enum without a length is plain text",
    models: (d) => ({ t: d.sqliteTable("t", { role: d.text({ enum: ["a", "b"] }) }) }),
    expect: same,
  },
  {
    name: "a blob column in every mode is blob",
    models: (d) => ({
      t: d.sqliteTable("t", {
        buffer: d.blob({ mode: "buffer" }),
        json: d.blob({ mode: "json" }),
        bigint: d.blob({ mode: "bigint" }),
        bare: d.blob(),
      }),
    }),
    expect: same,
  },
  {
    name: "a numeric column in every mode is numeric",
    models: (d) => ({
      t: d.sqliteTable("t", {
        plain: d.numeric(),
        number: d.numeric({ mode: "number" }),
        bigint: d.numeric({ mode: "bigint" }),
      }),
    }),
    expect: same,
  },
  {
    name: "a real column is real",
    models: (d) => ({ t: d.sqliteTable("t", { x: d.real(), y: d.real("why").notNull() }) }),
    expect: same,
  },
  {
    name: "notNull is said and its absence too",
    models: (d) => ({ t: d.sqliteTable("t", { a: d.text().notNull(), b: d.text() }) }),
    expect: same,
  },
  {
    name: "an explicit column name wins over the key",
    models: (d) => ({
      t: d.sqliteTable("t", { key: d.text("name"), other: d.integer("n", { mode: "boolean" }) }),
    }),
    expect: same,
  },
  {
    name: "columns given by a callback are columns like others",
    models: (d) => ({
      t: d.sqliteTable("t", (c: typeof d) => ({ id: c.integer().primaryKey(), name: c.text().notNull() })),
    }),
    expect: same,
  },
  {
    name: "defaults that run in JavaScript make no DDL",
    models: (d) => ({
      t: d.sqliteTable("t", {
        id: d
          .text()
          .primaryKey()
          .$defaultFn(() => "x"),
        at: d.integer({ mode: "timestamp" }).$default(() => new Date()),
        touched: d.integer({ mode: "timestamp_ms" }).$onUpdate(() => new Date()),
      }),
    }),
    expect: same,
  },
  {
    name: "$type makes no DDL",
    models: (d) => ({ t: d.sqliteTable("t", { a: d.text({ mode: "json" }).$type() }) }),
    expect: same,
  },
  {
    name: "one object of builders spread into two tables serves both",
    models: (d) => {
      const stamps = { createdAt: d.integer({ mode: "timestamp" }).notNull(), updatedAt: d.integer() };
      return {
        a: d.sqliteTable("a", { id: d.integer().primaryKey(), ...stamps }),
        b: d.sqliteTable("b", { id: d.integer().primaryKey(), ...stamps }),
      };
    },
    expect: same,
  },
  {
    name: "a table with forty columns keeps their order",
    models: (d) => ({
      t: d.sqliteTable(
        "t",
        Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`c${40 - n}`, d.integer()])),
      ),
    }),
    expect: same,
  },
  {
    name: "values that are no tables and no views are passed over",
    models: (d) => {
      const t = d.sqliteTable("t", { id: d.integer().primaryKey() });
      return {
        t,
        answer: 42,
        nothing: null,
        missing: undefined,
        helper: () => t,
        list: [1, 2],
        when: new Date(0),
      };
    },
    expect: same,
  },
  {
    name: "models without any table give an empty schema",
    models: () => ({ answer: 42 }),
    expect: same,
  },
  {
    name: "the same table exported by a barrel as well is one table",
    models: (d) => {
      const t = d.sqliteTable("t", { id: d.integer().primaryKey() }, (c: typeof d) => [
        d.index("i").on(c.id),
      ]);
      return { "t.ts/t": t, "index.ts/t": t, "index.ts/alias": t };
    },
    expect: same,
  },
  {
    name: "a table without rows reads back through Drizzle under every mode",
    models: (d) => ({
      t: d.sqliteTable("t", {
        id: d.integer().primaryKey(),
        flag: d.integer({ mode: "boolean" }),
        at: d.integer({ mode: "timestamp" }),
        json: d.text({ mode: "json" }),
      }),
    }),
    expect: same,
    insert: defaultsOf("t", { flag: null, at: null, json: null }),
  },
];
