import { answers, type Case, type Drizzle, ours, rejects, same } from "./case.ts";

const columns = (d: Drizzle) => ({
  id: d.integer().primaryKey(),
  email: d.text().notNull(),
  name: d.text(),
  status: d.text(),
  deletedAt: d.integer("deleted_at", { mode: "timestamp" }),
});

const table =
  'CREATE TABLE "t" ("id" integer PRIMARY KEY NOT NULL, "email" text NOT NULL, "name" text, "status" text, "deleted_at" integer)';

/** Indexes: plain, unique, partial and on expressions. */
export const indexCases: readonly Case[] = [
  {
    name: "an index on one column",
    models: indexed((d, c) => [d.index("t_name").on(c.name)]),
    expect: same,
  },
  {
    name: "a unique index on two columns keeps their order",
    models: indexed((d, c) => [d.uniqueIndex("t_two").on(c.status, c.email)]),
    expect: same,
    insert: rejects(/UNIQUE/, ...twice("INSERT INTO t (email, status) VALUES ('a', 'b')")),
  },
  {
    name: "indexes given as an object are the same",
    models: indexed((d, c) => ({ a: d.index("t_a").on(c.name), b: d.uniqueIndex("t_b").on(c.email) })),
    expect: same,
  },
  {
    name: "a descending index term",
    models: indexed((d, c) => [d.index("t_desc").on(d.desc(c.email), c.name)]),
    expect: same,
  },
  {
    name: "an ascending index term is the plain one",
    models: indexed((d, c) => [d.index("t_asc").on(d.asc(c.email))]),
    expect: same,
  },
  {
    name: "an index term with a collation",
    models: indexed((d, c) => [d.uniqueIndex("t_nocase").on(d.sql`${c.email} collate nocase`)]),
    expect: same,
    insert: rejects(/UNIQUE/, "INSERT INTO t (email) VALUES ('A@x')", "INSERT INTO t (email) VALUES ('a@X')"),
  },
  {
    name: "an index on an expression",
    models: indexed((d, c) => [d.uniqueIndex("t_lower").on(d.sql`lower(${c.email})`)]),
    expect: same,
    insert: rejects(/UNIQUE/, "INSERT INTO t (email) VALUES ('A@x')", "INSERT INTO t (email) VALUES ('a@X')"),
  },
  {
    name: "an index on an expression with a comma is not cut there",
    models: indexed((d, c) => [d.index("t_coalesce").on(d.sql`coalesce(${c.name}, ${c.email})`, c.status)]),
    expect: ours(
      "splits index terms on the comma",
      table,
      'CREATE INDEX "t_coalesce" ON "t" (coalesce("name", "email"), "status")',
    ),
  },
  {
    name: "an index on an expression with a param writes it as a literal",
    models: indexed((d, c) => [d.index("t_json").on(d.sql`json_extract(${c.name}, ${"$.it's"})`)]),
    expect: ours(
      "leaves ? in the index",
      table,
      `CREATE INDEX "t_json" ON "t" (json_extract("name", '$.it''s'))`,
    ),
  },
  {
    name: "an index on raw sql is verbatim",
    models: indexed((d) => [d.index("t_raw").on(d.sql.raw("length(email) DESC"))]),
    expect: same,
  },
  {
    name: "a partial index without params",
    models: indexed((d, c) => [
      d
        .index("t_alive")
        .on(c.email)
        .where(d.sql`${c.deletedAt} is null`),
    ]),
    expect: same,
  },
  {
    name: "a partial index by isNull",
    models: indexed((d, c) => [d.uniqueIndex("t_alive").on(c.email).where(d.isNull(c.deletedAt))]),
    expect: same,
    insert: answers(
      [
        "INSERT INTO t (email, deleted_at) VALUES ('a', 1)",
        "INSERT INTO t (email, deleted_at) VALUES ('a', 2)",
        "INSERT INTO t (email) VALUES ('a')",
      ],
      "SELECT count(*) AS n FROM t",
      { n: 3 },
    ),
  },
  {
    name: "a partial index whose WHERE has a string param with a quote",
    models: indexed((d, c) => [d.index("t_open").on(c.email).where(d.eq(c.status, "it's open?"))]),
    expect: ours(
      "leaves ? in WHERE",
      table,
      `CREATE INDEX "t_open" ON "t" ("email") WHERE "status" = 'it''s open?'`,
    ),
  },
  {
    name: "a partial index whose WHERE has a Date param maps it as the column does",
    models: indexed((d, c) => [
      d
        .index("t_new")
        .on(c.email)
        .where(d.gt(c.deletedAt, new Date(5000))),
    ]),
    expect: ours("leaves ? in WHERE", table, 'CREATE INDEX "t_new" ON "t" ("email") WHERE "deleted_at" > 5'),
  },
  {
    name: "a partial index joins several conditions",
    models: indexed((d, c) => [
      d
        .index("t_and")
        .on(c.email)
        .where(d.and(d.isNotNull(c.name), d.or(d.eq(c.status, "a"), d.ne(c.id, 3)))),
    ]),
    expect: ours(
      "leaves ? in WHERE",
      table,
      `CREATE INDEX "t_and" ON "t" ("email") WHERE ("name" is not null and ("status" = 'a' or "id" <> 3))`,
    ),
    sqlIn1: [
      table,
      `CREATE INDEX "t_and" ON "t" ("email") WHERE ((("name" is not null)) and ((("status" = 'a') or ("id" <> 3))))`,
    ],
  },
  {
    name: "a semicolon in the WHERE of a partial index does not end it",
    models: indexed((d) => [
      d
        .index("t_semi")
        .on(d.sql`email`)
        .where(d.sql`status <> 'a;b' and name is null`),
    ]),
    expect: ours(
      "cuts WHERE at the semicolon",
      table,
      `CREATE INDEX "t_semi" ON "t" (email) WHERE status <> 'a;b' and name is null`,
    ),
  },
  {
    name: "a partial index by raw sql is verbatim",
    models: indexed((d) => [
      d
        .index("t_raw")
        .on(d.sql`name`)
        .where(d.sql`status in ('a', 'b')`),
    ]),
    expect: same,
  },
  {
    name: "two indexes on the same column are both made",
    models: indexed((d, c) => [
      d.index("one").on(c.name),
      d.index("two").on(c.name),
      d.index("three").on(c.name, c.id),
    ]),
    expect: same,
  },
  {
    name: "an index on a column under casing",
    options: { casing: "snake_case" },
    models: (d) => ({
      t: d.sqliteTable("t", { firstName: d.text(), lastName: d.text("LAST") }, (c: Drizzle) => [
        d.index("t_names").on(c.lastName, c.firstName),
        d.index("t_lower").on(d.sql`lower(${c.firstName})`),
      ]),
    }),
    expect: same,
  },
  {
    name: "a partial index under casing",
    options: { casing: "snake_case" },
    models: (d) => ({
      t: d.sqliteTable("t", { firstName: d.text() }, (c: Drizzle) => [
        d.index("t_names").on(c.firstName).where(d.isNotNull(c.firstName)),
      ]),
    }),
    expect: same,
  },
  {
    name: "an index on two columns whose names hold a comma and a semicolon",
    models: (d) => ({
      t: d.sqliteTable("t", { a: d.text("a,b"), b: d.text("c;d") }, (c: Drizzle) => [
        d.index("i").on(c.a, c.b),
      ]),
    }),
    expect: ours(
      "splits index columns on the comma and the semicolon",
      'CREATE TABLE "t" ("a,b" text, "c;d" text)',
      'CREATE INDEX "i" ON "t" ("a,b", "c;d")',
    ),
  },
  {
    name: "the same expression twice in one index is kept twice",
    models: indexed((d, c) => [d.index("t_twice").on(d.sql`abs(${c.id})`, c.name, d.sql`abs(${c.id})`)]),
    expect: same,
  },
];

function indexed(extra: (d: Drizzle, c: Drizzle) => unknown): Case["models"] {
  return (d) => ({ t: d.sqliteTable("t", columns(d), (c: Drizzle) => extra(d, c)) });
}

function twice(statement: string): string[] {
  return [statement, statement];
}
