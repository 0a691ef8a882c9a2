import { answers, type Case, defaultsOf, type Drizzle, ours, same } from "./case.ts";

const when = new Date("2020-01-02T03:04:05.678Z");

/** Defaults given as JavaScript values; each is read back through Drizzle. */
export const defaultCases: readonly Case[] = [
  {
    name: "a Date default of a timestamp column is its whole seconds",
    models: value((d) => d.integer({ mode: "timestamp" }), when),
    expect: right("writes ISO text into an integer column", "integer", "1577934245"),
    insert: defaultsOf("t", { v: new Date("2020-01-02T03:04:05.000Z") }),
  },
  {
    name: "a Date default of a timestamp_ms column is its milliseconds",
    models: value((d) => d.integer({ mode: "timestamp_ms" }), when),
    expect: right("writes ISO text into an integer column", "integer", "1577934245678"),
    insert: defaultsOf("t", { v: when }),
  },
  {
    name: "a Date default before 1970 is rounded down",
    models: value((d) => d.integer({ mode: "timestamp" }), new Date(-1500)),
    expect: right("writes ISO text into an integer column", "integer", "-2"),
    insert: defaultsOf("t", { v: new Date(-2000) }),
  },
  {
    name: "a Buffer default is a blob",
    models: value((d) => d.blob({ mode: "buffer" }), Buffer.from([0, 1, 39, 255])),
    expect: right("writes the Buffer's JSON text", "blob", "X'000127FF'"),
    insert: defaultsOf("t", { v: Buffer.from([0, 1, 39, 255]) }),
  },
  {
    name: "an empty Buffer default is an empty blob",
    models: value((d) => d.blob({ mode: "buffer" }), Buffer.alloc(0)),
    expect: right("writes the Buffer's JSON text", "blob", "X''"),
    insert: defaultsOf("t", { v: Buffer.alloc(0) }),
  },
  {
    name: "a bigint default of a blob column is its digits as bytes",
    models: value((d) => d.blob({ mode: "bigint" }), 12345678901234567890n),
    expect: right("throws on a bigint", "blob", "X'3132333435363738393031323334353637383930'"),
    insert: defaultsOf("t", { v: 12345678901234567890n }),
  },
  {
    name: "a bigint default of a numeric column is a number",
    models: value((d) => d.numeric({ mode: "bigint" }), -42n),
    expect: right("throws on a bigint", "numeric", "-42"),
    insert: defaultsOf("t", { v: -42n }),
  },
  {
    name: "a number default of a numeric column is a number",
    models: value((d) => d.numeric({ mode: "number" }), 12.5),
    expect: same,
    insert: defaultsOf("t", { v: 12.5 }),
  },
  {
    name: "a string default of a numeric column is text that becomes a number",
    models: value((d) => d.numeric(), "12.50"),
    expect: same,
    insert: defaultsOf("t", { v: "12.5" }),
  },
  {
    name: "an integer default is itself",
    models: value((d) => d.integer(), 7),
    expect: same,
    insert: defaultsOf("t", { v: 7 }),
  },
  {
    name: "a negative integer default is itself",
    models: value((d) => d.integer(), -7),
    expect: same,
    insert: defaultsOf("t", { v: -7 }),
  },
  {
    name: "zero, false and the empty string are defaults like others",
    models: (d) => ({
      t: d.sqliteTable("t", {
        id: d.integer().primaryKey(),
        zero: d.integer().default(0),
        no: d.integer({ mode: "boolean" }).default(false),
        empty: d.text().default(""),
      }),
    }),
    expect: same,
    insert: defaultsOf("t", { zero: 0, no: false, empty: "" }),
  },
  {
    name: "the largest safe integer is a default to the last digit",
    models: value((d) => d.integer(), Number.MAX_SAFE_INTEGER),
    expect: same,
    insert: defaultsOf("t", { v: Number.MAX_SAFE_INTEGER }),
  },
  {
    name: "a negative real default is itself",
    models: value((d) => d.real(), -3.25),
    expect: same,
    insert: defaultsOf("t", { v: -3.25 }),
  },
  {
    name: "a real default of 0.1 keeps all its digits",
    models: value((d) => d.real(), 0.1 + 0.2),
    expect: same,
    insert: defaultsOf("t", { v: 0.30000000000000004 }),
  },
  {
    name: "a real default of 1e21 is written with its exponent",
    models: value((d) => d.real(), 1e21),
    expect: same,
    insert: defaultsOf("t", { v: 1e21 }),
  },
  {
    name: "a real default of 5e-324 is written with its exponent",
    models: value((d) => d.real(), 5e-324),
    expect: same,
    insert: defaultsOf("t", { v: 5e-324 }),
  },
  {
    name: "a real default of -0 reads back as zero",
    models: value((d) => d.real(), -0),
    expect: same,
    insert: defaultsOf("t", { v: 0 }),
  },
  {
    name: "a true default of a boolean column is true",
    models: value((d) => d.integer({ mode: "boolean" }).notNull(), true),
    expect: same,
    insert: defaultsOf("t", { v: true }),
  },
  ...texts(),
  {
    name: "a text default with a NUL character is stored whole",
    models: value((d) => d.text(), "a\0b"),
    expect: right(
      "writes the NUL into the SQL, where it ends the statement",
      "text",
      "(CAST(X'610062' AS TEXT))",
    ),
    // libSQL's client hands text back only up to the first NUL, so the bytes are asked for.
    insert: answers(['INSERT INTO "t" ("id") VALUES (1)'], 'SELECT hex("v") AS bytes FROM "t"', {
      bytes: "610062",
    }),
  },
  {
    name: "a null default of a text column is NULL",
    models: value((d) => d.text(), null),
    expect: right("writes the string 'null'", "text", "NULL"),
    insert: defaultsOf("t", { v: null }),
  },
  {
    name: "a null default of an integer column is NULL",
    models: value((d) => d.integer({ mode: "timestamp" }), null),
    expect: right("writes the string 'null'", "integer", "NULL"),
    insert: defaultsOf("t", { v: null }),
  },
  {
    name: "a null default of a JSON column is NULL",
    models: value((d) => d.text({ mode: "json" }), null),
    expect: right("writes the string 'null'", "text", "NULL"),
    insert: defaultsOf("t", { v: null }),
  },
];

function texts(): Case[] {
  const strings = {
    "single quotes": "it's ''quoted''",
    "double quotes": 'say "hi" and `bye`',
    newlines: "one\ntwo\r\nthree\ttab",
    backslashes: String.raw`C:\new\'dir\\`,
    unicode: "Grüße, 日本語, 🦄, é",
    "a question mark": "really? ?1 :name $x @y",
    "comments and semicolons": "a; -- b\n/* c */",
    "only blanks": "   ",
    "the word null": "null",
    "digits only": "007",
    parentheses: "(1)",
    "five thousand characters": "x".repeat(5000),
  };
  return Object.entries(strings).map(([what, string]) => ({
    name: `a text default with ${what} reads back as it is`,
    models: value((d) => d.text().notNull(), string),
    expect: same,
    insert: defaultsOf("t", { v: string }),
  }));
}

function value(column: (d: Drizzle) => Drizzle, given: unknown): Case["models"] {
  return (d) => ({ t: d.sqliteTable("t", { id: d.integer().primaryKey(), v: column(d).default(given) }) });
}

function right(because: string, type: string, literal: string): Case["expect"] {
  return ours(
    because,
    `CREATE TABLE "t" ("id" integer PRIMARY KEY NOT NULL, "v" ${type} DEFAULT ${literal})`,
  );
}
