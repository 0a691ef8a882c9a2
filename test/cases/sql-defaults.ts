import { type Case, answers, defaultsOf, type Drizzle, ours, type Probe, same } from "./case.ts";

/** Defaults written as `sql`. */
export const sqlDefaultCases: readonly Case[] = [
  {
    name: "a sql default that is one parenthesised group is verbatim",
    models: table(
      (d) => d.sql`(unixepoch())`,
      (d) => d.integer(),
    ),
    expect: same,
    insert: typeOfDefault("integer"),
  },
  {
    name: "a sql default that is a bare call is put into parentheses",
    models: table(
      (d) => d.sql`unixepoch()`,
      (d) => d.integer(),
    ),
    expect: right("writes an unparenthesised call, which is a syntax error", "(unixepoch())", "integer"),
    insert: typeOfDefault("integer"),
  },
  {
    name: "CURRENT_TIMESTAMP is verbatim",
    models: table((d) => d.sql`CURRENT_TIMESTAMP`),
    expect: same,
    insert: typeOfDefault("text"),
  },
  {
    name: "current_date and current_time in lower case are verbatim",
    models: (d) => ({
      t: d.sqliteTable("t", {
        day: d.text().default(d.sql`current_date`),
        time: d.text().default(d.sql`current_time`),
      }),
    }),
    expect: same,
  },
  {
    name: "(CURRENT_TIMESTAMP) in parentheses is verbatim",
    models: table((d) => d.sql`(CURRENT_TIMESTAMP)`),
    expect: same,
    insert: typeOfDefault("text"),
  },
  {
    name: "a signed number as a sql default is verbatim",
    models: (d) => ({
      t: d.sqliteTable("t", {
        id: d.integer().primaryKey(),
        a: d.integer().default(d.sql`-1`),
        b: d.integer().default(d.sql`+2`),
        c: d.real().default(d.sql`-1.5e3`),
        e: d.real().default(d.sql`.5`),
        f: d.integer().default(d.sql`0x1F`),
      }),
    }),
    expect: same,
    insert: defaultsOf("t", { a: -1, b: 2, c: -1500, e: 0.5, f: 31 }),
  },
  {
    name: "NULL, TRUE and FALSE as sql defaults are verbatim",
    models: (d) => ({
      t: d.sqliteTable("t", {
        id: d.integer().primaryKey(),
        a: d.text().default(d.sql`NULL`),
        b: d.integer().default(d.sql`TRUE`),
        c: d.integer().default(d.sql`false`),
      }),
    }),
    expect: same,
    insert: defaultsOf("t", { a: null, b: 1, c: 0 }),
  },
  {
    name: "a string literal as a sql default is verbatim",
    models: table((d) => d.sql`'it''s; (a), "b" ? -- c'`),
    expect: same,
    insert: defaultsOf("t", { v: `it's; (a), "b" ? -- c` }),
  },
  {
    name: "a blob literal as a sql default is verbatim",
    models: table(
      (d) => d.sql`x'00ff'`,
      (d) => d.blob({ mode: "buffer" }),
    ),
    expect: same,
    insert: defaultsOf("t", { v: Buffer.from([0, 255]) }),
  },
  {
    name: "a concatenation as a sql default is put into parentheses",
    models: table((d) => d.sql`'a'||'b'`),
    expect: right("writes an unparenthesised expression, which is a syntax error", "('a'||'b')"),
    insert: defaultsOf("t", { v: "ab" }),
  },
  {
    name: "two parenthesised groups are not one group",
    models: table(
      (d) => d.sql`(1) + (2)`,
      (d) => d.integer(),
    ),
    expect: right("writes an unparenthesised expression, which is a syntax error", "((1) + (2))", "integer"),
    insert: defaultsOf("t", { v: 3 }),
  },
  {
    name: "parentheses inside a string and a comment do not close the group",
    models: table((d) => d.sql`(')' /* ) */ || '(')`),
    expect: same,
    insert: defaultsOf("t", { v: ")(" }),
  },
  {
    name: "blanks around a parenthesised group change nothing",
    models: table(
      (d) => d.sql`
      (1 + 1)
    `,
      (d) => d.integer(),
    ),
    expect: same,
    insert: defaultsOf("t", { v: 2 }),
  },
  {
    name: "a sql default that ends in a line comment is still closed",
    models: table(
      (d) => d.sql`abs(-3) -- three`,
      (d) => d.integer(),
    ),
    expect: right("writes an unparenthesised call, which is a syntax error", "(abs(-3))", "integer"),
    insert: defaultsOf("t", { v: 3 }),
  },
  {
    name: "commas and semicolons inside a sql default stay",
    models: table((d) => d.sql`(replace('a;b,c', ';', ','))`),
    expect: same,
    insert: defaultsOf("t", { v: "a,b,c" }),
  },
  {
    name: "a CASE expression as a sql default is put into parentheses",
    models: table((d) => d.sql`case when 1 then 'yes' else 'no' end`),
    expect: right(
      "writes an unparenthesised expression, which is a syntax error",
      "(case when 1 then 'yes' else 'no' end)",
    ),
    insert: defaultsOf("t", { v: "yes" }),
  },
  {
    name: "a CAST as a sql default is put into parentheses",
    models: table(
      (d) => d.sql`CAST('7' AS INTEGER)`,
      (d) => d.integer(),
    ),
    expect: right(
      "writes an unparenthesised expression, which is a syntax error",
      "(CAST('7' AS INTEGER))",
      "integer",
    ),
    insert: defaultsOf("t", { v: 7 }),
  },
  {
    name: "a random id as a sql default is computed for each row",
    models: table((d) => d.sql`(lower(hex(randomblob(16))))`),
    expect: same,
    insert: answers(
      ['INSERT INTO "t" ("id") VALUES (1), (2)'],
      'SELECT count(DISTINCT "v") AS n, max(length("v")) AS size FROM "t"',
      { n: 2, size: 32 },
    ),
  },
  {
    name: "sql.raw as a sql default is read like any sql",
    models: table((d) => d.sql.raw("datetime('now')")),
    expect: right("writes an unparenthesised call, which is a syntax error", "(datetime('now'))"),
    insert: typeOfDefault("text"),
  },
  {
    name: "defaultNow is the milliseconds of now",
    models: (d) => ({
      t: d.sqliteTable("t", {
        id: d.integer().primaryKey(),
        v: d.integer({ mode: "timestamp_ms" }).defaultNow(),
      }),
    }),
    expect: same,
    insert: typeOfDefault("integer"),
  },
  {
    name: "a number that is a param of a sql default is a literal",
    models: table(
      (d) => d.sql`${5}`,
      (d) => d.integer(),
    ),
    expect: right("throws on params in a sql default", "5", "integer"),
    insert: defaultsOf("t", { v: 5 }),
  },
  {
    name: "a string that is a param of a sql default is a quoted literal",
    models: table((d) => d.sql`${"it's ?"}`),
    expect: right("throws on params in a sql default", "'it''s ?'"),
    insert: defaultsOf("t", { v: "it's ?" }),
  },
  {
    name: "params inside a call in a sql default are literals",
    models: table((d) => d.sql`lower(${"ABC"}) || ${1}`),
    expect: right("throws on params in a sql default", "(lower('ABC') || 1)"),
    insert: defaultsOf("t", { v: "abc1" }),
  },
  {
    name: "a question mark inside a string of a sql default is no param",
    models: table((d) => d.sql`('what?' || ${"x"} || '?' /* ? */)`),
    expect: right("throws on params in a sql default", "('what?' || 'x' || '?')"),
    insert: defaultsOf("t", { v: "what?x?" }),
  },
  {
    name: "a sql default nested in a sql default is written in place",
    models: table(
      (d) => d.sql`(${d.sql`1 + ${2}`} * 10)`,
      (d) => d.integer(),
    ),
    expect: right("throws on params in a sql default", "(1 + 2 * 10)", "integer"),
    insert: defaultsOf("t", { v: 21 }),
  },
];

function table(value: (d: Drizzle) => unknown, column: (d: Drizzle) => Drizzle = (d) => d.text()) {
  return (d: Drizzle) => ({
    t: d.sqliteTable("t", { id: d.integer().primaryKey(), v: column(d).default(value(d)) }),
  });
}

function right(because: string, value: string, type = "text"): Case["expect"] {
  return ours(because, `CREATE TABLE "t" ("id" integer PRIMARY KEY NOT NULL, "v" ${type} DEFAULT ${value})`);
}

function typeOfDefault(type: string): readonly Probe[] {
  return answers(['INSERT INTO "t" ("id") VALUES (1)'], 'SELECT typeof("v") AS type FROM "t"', { type });
}
