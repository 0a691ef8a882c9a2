import { answers, type Case, type Drizzle, ours, rejects, same } from "./case.ts";

const fields = (d: Drizzle) => ({
  id: d.integer().primaryKey(),
  n: d.integer(),
  s: d.text(),
  b: d.blob({ mode: "buffer" }),
  flag: d.integer({ mode: "boolean" }),
  at: d.integer({ mode: "timestamp" }),
});

/** CHECK constraints and the parameters inside them. */
export const checkCases: readonly Case[] = [
  {
    name: "a check on a column without params",
    models: checked((d, c) => [d.check("positive", d.sql`${c.n} > 0`)]),
    expect: same,
    insert: rejects(/CHECK/, "INSERT INTO t (n) VALUES (0)"),
  },
  {
    name: "two checks and one over two columns",
    models: checked((d, c) => [
      d.check("a", d.sql`${c.n} is not null`),
      d.check("b", d.sql`${c.n} <> ${c.id} or ${c.s} is null`),
    ]),
    expect: same,
  },
  {
    name: "a check by raw sql is verbatim",
    models: checked((d) => [d.check("len", d.sql.raw("length(s) BETWEEN 1 AND 10"))]),
    expect: same,
  },
  {
    name: "a check with commas and parentheses in strings",
    models: checked((d, c) => [d.check("list", d.sql`${c.s} in ('a,b', 'c)', '(d')`)]),
    expect: same,
    insert: answers(["INSERT INTO t (s) VALUES ('c)')"], "SELECT s FROM t", { s: "c)" }),
  },
  {
    name: "a check with a semicolon in a string is not cut there",
    models: checked((d, c) => [d.check("semi", d.sql`${c.s} <> 'a;b'`)]),
    expect: right("cuts the check at the semicolon", "semi", `"s" <> 'a;b'`),
    insert: rejects(/CHECK/, "INSERT INTO t (s) VALUES ('a;b')"),
  },
  {
    name: "a number param in a check",
    models: checked((d, c) => [d.check("c", d.sql`${c.n} < ${10} and ${c.n} > ${-2.5}`)]),
    expect: right("leaves ? in the check", "c", `"n" < 10 and "n" > -2.5`),
    insert: rejects(/CHECK/, "INSERT INTO t (n) VALUES (10)"),
  },
  {
    name: "a string param with quotes in a check",
    models: checked((d, c) => [d.check("c", d.sql`${c.s} <> ${`it's "x" ?`}`)]),
    expect: right("leaves ? in the check", "c", `"s" <> 'it''s "x" ?'`),
    insert: rejects(/CHECK/, `INSERT INTO t (s) VALUES ('it''s "x" ?')`),
  },
  {
    name: "a question mark in a string beside a param in a check",
    models: checked((d, c) => [
      d.check("c", d.sql`${c.s} <> 'a?' and ${c.s} <> ${"b"} and "s" <> '?' /* ? */ and [s] <> ${"?"}`),
    ]),
    expect: right("leaves ? in the check", "c", `"s" <> 'a?' and "s" <> 'b' and "s" <> '?' and [s] <> '?'`),
    insert: rejects(/CHECK/, "INSERT INTO t (s) VALUES ('b')"),
  },
  {
    name: "a boolean param in a check is a number",
    models: checked((d, c) => [d.check("c", d.sql`${c.flag} = ${true} or ${c.flag} = ${false}`)]),
    expect: right("leaves ? in the check", "c", `"flag" = 1 or "flag" = 0`),
    insert: rejects(/CHECK/, "INSERT INTO t (flag) VALUES (2)"),
  },
  {
    name: "a Buffer param in a check is a blob",
    models: checked((d, c) => [d.check("c", d.sql`${c.b} <> ${Buffer.from([0, 255])}`)]),
    expect: right("leaves ? in the check", "c", `"b" <> X'00FF'`),
    insert: rejects(/CHECK/, "INSERT INTO t (b) VALUES (x'00ff')"),
  },
  {
    name: "a bigint param in a check is an integer to the last digit",
    models: checked((d, c) => [d.check("c", d.sql`${c.n} < ${9223372036854775807n}`)]),
    expect: right("leaves ? in the check", "c", `"n" < 9223372036854775807`),
    insert: rejects(/CHECK/, "INSERT INTO t (n) VALUES (9223372036854775807)"),
  },
  {
    name: "a Date param in a check is its milliseconds",
    models: checked((d, c) => [d.check("c", d.sql`${c.n} > ${new Date(1234)}`)]),
    expect: right("leaves ? in the check", "c", `"n" > 1234`),
  },
  {
    name: "a Date compared with a timestamp column is mapped as the column does",
    models: checked((d, c) => [d.check("c", d.gte(c.at, new Date(5000)))]),
    expect: right("leaves ? in the check", "c", `"at" >= 5`),
    insert: rejects(/CHECK/, "INSERT INTO t (at) VALUES (4)"),
  },
  {
    name: "a null param in a check is NULL",
    models: checked((d, c) => [d.check("c", d.sql`${c.s} is not ${null}`)]),
    expect: right("leaves ? in the check", "c", `"s" is not NULL`),
    insert: rejects(/CHECK/, "INSERT INTO t (s) VALUES (NULL)"),
  },
  {
    name: "operators make checks: inArray, between, like, not",
    models: checked((d, c) => [
      d.check("list", d.inArray(c.s, ["a", "it's", "c"])),
      d.check("range", d.between(c.n, 1, 5)),
      d.check("pattern", d.not(d.like(c.s, "%\\_?%"))),
    ]),
    expect: ours(
      "leaves ? in the check",
      tableWith(
        `CONSTRAINT "list" CHECK ("s" in ('a', 'it''s', 'c'))`,
        `CONSTRAINT "range" CHECK ("n" between 1 and 5)`,
        `CONSTRAINT "pattern" CHECK (not "s" like '%\\_?%')`,
      ),
    ),
    sqlIn1: [
      tableWith(
        `CONSTRAINT "list" CHECK ("s" in ('a', 'it''s', 'c'))`,
        `CONSTRAINT "range" CHECK ("n" between 1 and 5)`,
        `CONSTRAINT "pattern" CHECK (not ("s" like '%\\_?%'))`,
      ),
    ],
  },
  {
    name: "a nested sql fragment in a check",
    models: checked((d, c) => {
      const positive = d.sql`${c.n} > ${0}`;
      return [d.check("c", d.sql`(${positive}) or (${d.sql.raw("s = 'x'")})`)];
    }),
    expect: right("leaves ? in the check", "c", `("n" > 0) or (s = 'x')`),
  },
  {
    name: "an array param in a check is a list",
    models: checked((d, c) => [d.check("c", d.sql`${c.n} in ${[1, 2, 3]}`)]),
    expect: right("leaves ? in the check", "c", `"n" in (1, 2, 3)`),
  },
  {
    name: "sql.identifier in a check is a quoted name",
    models: checked((d) => [d.check("c", d.sql`${d.sql.identifier("n")} > 0`)]),
    expect: same,
  },
  {
    name: "a check under casing names the column as the table does",
    options: { casing: "snake_case" },
    models: (d) => ({
      t: d.sqliteTable("t", { unitPrice: d.integer() }, (c: Drizzle) => [
        d.check("c", d.sql`${c.unitPrice} >= 0`),
      ]),
    }),
    expect: same,
    insert: rejects(/CHECK/, "INSERT INTO t (unit_price) VALUES (-1)"),
  },
  {
    name: "a check that ends in a line comment is still closed",
    models: checked((d, c) => [d.check("c", d.sql`${c.n} > 0 -- positive`)]),
    expect: right("lets the comment swallow the closing parenthesis", "c", `"n" > 0`),
    insert: rejects(/CHECK/, "INSERT INTO t (n) VALUES (0)"),
  },
  {
    name: "two checks of one name in one table are both made",
    models: checked((d, c) => [d.check("c", d.sql`${c.n} > 0`), d.check("c", d.sql`${c.n} < 9`)]),
    expect: ours(
      "exits when two checks share a name",
      tableWith(`CONSTRAINT "c" CHECK ("n" > 0)`, `CONSTRAINT "c" CHECK ("n" < 9)`),
    ),
  },
  {
    name: "string, number and null params that the user inlined are literals",
    models: checked((d, c) => [
      d.check(
        "c",
        d.sql`${c.s} <> ${"it's ?"} and ${c.n} > ${-1.5} and ${c.s} is not ${null}`.inlineParams(),
      ),
    ]),
    expect: same,
    insert: rejects(/CHECK/, "INSERT INTO t (n, s) VALUES (1, 'it''s ?')"),
  },
  {
    name: "bytes and a bigint that the user inlined are literals",
    models: checked((d, c) => [
      d.check("c", d.sql`${c.b} <> ${Buffer.from([0, 255])} and ${c.n} < ${2n ** 62n}`.inlineParams()),
    ]),
    expect: right(
      "throws on a bigint and writes bytes as text",
      "c",
      `"b" <> X'00FF' and "n" < 4611686018427387904`,
    ),
  },
  {
    name: "a Date that the user inlined is its milliseconds",
    models: checked((d, c) => [d.check("c", d.sql`${c.n} <> ${new Date(1234)}`.inlineParams())]),
    expect: right("writes the Date as its English text", "c", `"n" <> 1234`),
  },
  {
    name: "a check whose name holds quotes and blanks",
    models: checked((d, c) => [d.check(`the "n" isn't; zero`, d.sql`${c.n} <> 0`)]),
    expect: right("does not escape the name", `the ""n"" isn't; zero`, `"n" <> 0`),
    insert: rejects(/CHECK/, "INSERT INTO t (n) VALUES (0)"),
  },
];

function checked(extra: (d: Drizzle, c: Drizzle) => unknown): Case["models"] {
  return (d) => ({ t: d.sqliteTable("t", fields(d), (c: Drizzle) => extra(d, c)) });
}

function tableWith(...checks: readonly string[]): string {
  const columns = `"id" integer PRIMARY KEY NOT NULL, "n" integer, "s" text, "b" blob, "flag" integer, "at" integer`;
  return `CREATE TABLE "t" (${[columns, ...checks].join(", ")})`;
}

function right(because: string, name: string, expression: string): Case["expect"] {
  return ours(because, tableWith(`CONSTRAINT "${name}" CHECK (${expression})`));
}
