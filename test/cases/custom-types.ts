import { answers, type Case, type Drizzle, rejects, same } from "./case.ts";

const typed = (d: Drizzle, type: string) => d.customType({ dataType: () => type })();

/** `customType`: its words are verbatim, the way to say what Drizzle cannot. */
export const customTypeCases: readonly Case[] = [
  {
    name: "a vector type keeps its size",
    models: (d) => ({
      t: d.sqliteTable("t", { id: d.integer().primaryKey(), embedding: typed(d, "F32_BLOB(4)") }),
    }),
    expect: same,
    insert: answers(
      ["INSERT INTO t VALUES (1, vector32('[1,2,3,4]'))"],
      "SELECT vector_extract(embedding) AS v FROM t",
      { v: "[1,2,3,4]" },
    ),
  },
  {
    name: "a vector column with a vector index",
    models: (d) => ({
      t: d.sqliteTable(
        "t",
        { id: d.integer().primaryKey(), embedding: typed(d, "F32_BLOB(3)") },
        (c: Drizzle) => [d.index("t_near").on(d.sql`libsql_vector_idx(${c.embedding})`)],
      ),
    }),
    expect: same,
    insert: answers(
      ["INSERT INTO t VALUES (1, vector32('[1,2,3]')), (2, vector32('[9,9,9]'))"],
      "SELECT id FROM vector_top_k('t_near', vector32('[8,8,8]'), 1)",
      { id: 2 },
    ),
  },
  {
    name: "a type with a collation compares as the collation says",
    models: (d) => ({ t: d.sqliteTable("t", { name: typed(d, "text COLLATE NOCASE").notNull().unique() }) }),
    expect: same,
    insert: rejects(/UNIQUE/, "INSERT INTO t VALUES ('A')", "INSERT INTO t VALUES ('a')"),
  },
  {
    name: "a type with a collation may be the primary key",
    models: (d) => ({ t: d.sqliteTable("t", { name: typed(d, "text COLLATE NOCASE").primaryKey() }) }),
    expect: same,
    insert: rejects(/UNIQUE/, "INSERT INTO t VALUES ('A')", "INSERT INTO t VALUES ('a')"),
  },
  {
    name: "a type with two numbers",
    models: (d) => ({
      t: d.sqliteTable("t", { price: typed(d, "decimal(10, 2)").notNull().default("1.50") }),
    }),
    expect: same,
  },
  {
    name: "a type of several words",
    models: (d) => ({
      t: d.sqliteTable("t", { n: typed(d, "UNSIGNED BIG INT"), v: typed(d, "varying character(255)") }),
    }),
    expect: same,
  },
  {
    name: "a type in upper case stays in upper case",
    models: (d) => ({ t: d.sqliteTable("t", { n: typed(d, "DATETIME"), v: typed(d, "Text") }) }),
    expect: same,
  },
  {
    name: "a type with a CHECK of its own",
    models: (d) => ({ t: d.sqliteTable("t", { n: typed(d, "integer CHECK (n > 0)").notNull() }) }),
    expect: same,
    insert: rejects(/CHECK/, "INSERT INTO t VALUES (0)"),
  },
  {
    name: "a type with a conflict clause of its own",
    models: (d) => ({
      t: d.sqliteTable("t", { id: d.integer().primaryKey(), s: typed(d, "text UNIQUE ON CONFLICT REPLACE") }),
    }),
    expect: same,
    insert: answers(["INSERT INTO t VALUES (1, 'a')", "INSERT INTO t VALUES (2, 'a')"], "SELECT id FROM t", {
      id: 2,
    }),
  },
  {
    name: "a type that is empty leaves the column without one",
    models: (d) => ({ t: d.sqliteTable("t", { any: typed(d, "") }) }),
    expect: same,
    insert: answers(["INSERT INTO t VALUES ('1')"], `SELECT typeof("any") AS type FROM t`, { type: "text" }),
  },
  {
    name: "a type made from the column's configuration",
    models: (d) => {
      const char = d.customType({ dataType: (config: { length: number }) => `char(${config.length})` });
      return { t: d.sqliteTable("t", { a: char({ length: 3 }), b: char("bee", { length: 5 }) }) };
    },
    expect: same,
  },
  {
    name: "a custom type follows casing and references like others",
    options: { casing: "snake_case" },
    models: (d) => {
      const t = d.sqliteTable("t", { theId: typed(d, "uuid").primaryKey() });
      return { t, child: d.sqliteTable("child", { parentId: typed(d, "uuid").references(() => t.theId) }) };
    },
    expect: same,
  },
];
