import { answers, type Case, type Drizzle, ours, rejects, same } from "./case.ts";

const hostile = {
  "double quotes": 'say "hi"',
  "single quotes": "it's",
  blanks: " two  words ",
  "a newline": "line\nbreak",
  emoji: "🦄 naïve",
  "a dot": "main.users",
  brackets: "[a](b)",
  "comment marks": "a -- b /* c",
  "a leading digit": "1st",
  "a dollar and a question mark": "$x ?1",
  "a percent sign and a backslash": "100% \\ off",
};

const reserved = [
  "select",
  "table",
  "order",
  "group",
  "index",
  "where",
  "default",
  "check",
  "values",
  "primary",
];

/** Names that need quoting, and names that come from casing and prefixes. */
export const nameCases: readonly Case[] = [
  ...Object.entries(hostile).map(([what, name]): Case => ({
    name: `a table, a column and an index named with ${what}`,
    models: (d) => ({
      t: d.sqliteTable(
        name,
        { a: d.integer(`${name} a`).primaryKey(), b: d.text(`${name} b`) },
        (c: Drizzle) => [d.index(`${name} i`).on(c.b)],
      ),
    }),
    expect: same,
  })),
  {
    name: "backticks in names are characters like others",
    models: (d) => ({
      t: d.sqliteTable("a`b", { a: d.text("c`d") }, (c: Drizzle) => [d.index("e`f").on(c.a)]),
    }),
    expect: ours(
      "quotes with backticks and does not double them",
      'CREATE TABLE "a`b" ("c`d" text)',
      'CREATE INDEX "e`f" ON "a`b" ("c`d")',
    ),
  },
  {
    name: "semicolons and commas in the names of an index and its column",
    models: (d) => ({
      t: d.sqliteTable("t;,", { a: d.text("a;,") }, (c: Drizzle) => [d.uniqueIndex("i;,").on(c.a)]),
    }),
    expect: ours(
      "splits names on the semicolon and the comma",
      'CREATE TABLE "t;," ("a;," text)',
      'CREATE UNIQUE INDEX "i;," ON "t;," ("a;,")',
    ),
  },
  {
    name: "reserved words name tables",
    models: (d) =>
      Object.fromEntries(
        reserved.map((word) => [word, d.sqliteTable(word, { id: d.integer().primaryKey() })]),
      ),
    expect: same,
  },
  {
    name: "reserved words name columns that keys, checks and indexes use",
    models: (d) => {
      const group = d.sqliteTable(
        "group",
        { order: d.integer().notNull(), table: d.text().notNull(), select: d.integer() },
        (c: Drizzle) => [
          d.primaryKey({ columns: [c.order, c.table] }),
          d.check("where", d.sql`${c.select} > 0`),
          d.index("from").on(c.select, d.desc(c.table)),
        ],
      );
      return { group };
    },
    expect: same,
    insert: answers([`INSERT INTO "group" VALUES (1, 'a', 1)`], 'SELECT "select" AS n FROM "group"', {
      n: 1,
    }),
  },
  {
    name: "every reserved word is a column in one table",
    models: (d) => ({
      t: d.sqliteTable("t", Object.fromEntries(reserved.map((word) => [word, d.text().notNull()]))),
    }),
    expect: same,
  },
  {
    name: "a quoted name inside a check and an expression index",
    models: (d) => ({
      t: d.sqliteTable('a "t"', { n: d.integer('the "n"') }, (c: Drizzle) => [
        d.check("c", d.sql`${c.n} > 0`),
        d.index("i").on(d.sql`abs(${c.n})`),
      ]),
    }),
    expect: same,
  },
  {
    name: "tables that differ only in non-ASCII case are two",
    models: (d) => ({
      a: d.sqliteTable("Ärger", { id: d.integer().primaryKey() }),
      b: d.sqliteTable("ärger", { id: d.integer().primaryKey() }),
    }),
    expect: same,
  },
  {
    name: "a table creator puts its prefix before every table and reference",
    models: (d) => {
      const table = d.sqliteTableCreator((name: string) => `app_${name}`);
      const users = table("users", { id: d.integer().primaryKey() });
      const posts = table(
        "posts",
        { id: d.integer().primaryKey(), by: d.integer().references(() => users.id) },
        (c: Drizzle) => [d.index("posts_by").on(c.by), d.check("some", d.sql`${c.by} > 0`)],
      );
      return { users, posts };
    },
    expect: same,
  },
  {
    name: "two table creators may share a name before the prefix",
    models: (d) => ({
      a: d.sqliteTableCreator((name: string) => `a_${name}`)("users", { id: d.integer().primaryKey() }),
      b: d.sqliteTableCreator((name: string) => `b_${name}`)("users", { id: d.text().primaryKey() }),
    }),
    expect: same,
  },
  {
    name: "a column named like the row id",
    models: (d) => ({ t: d.sqliteTable("t", { rowid: d.text(), _rowid_: d.text(), oid: d.integer() }) }),
    expect: same,
  },
  {
    name: "a table named like a type and a column named like a function",
    models: (d) => ({
      t: d.sqliteTable("integer", { count: d.integer(), lower: d.text(), current_date: d.text() }),
    }),
    expect: same,
  },
];

/** Names under `casing`: an option in 0.45, a table builder in 1.0. */
export const casingCases: readonly Case[] = [
  {
    name: "snake_case renames the columns that have no name",
    options: { casing: "snake_case" },
    models: (d) => ({
      userAccounts: d.sqliteTable("userAccounts", {
        id: d.integer().primaryKey(),
        firstName: d.text(),
        HTTPStatus: d.integer(),
        address2Line: d.text(),
        already_snake: d.text(),
        explicit: d.text("keepMe"),
      }),
    }),
    expect: same,
    insert: [
      {
        run: [`INSERT INTO "userAccounts" ("id", "first_name") VALUES (1, 'a')`],
        from: "userAccounts",
        gives: [
          {
            id: 1,
            firstName: "a",
            HTTPStatus: null,
            address2Line: null,
            already_snake: null,
            explicit: null,
          },
        ],
      },
    ],
  },
  {
    name: "camelCase renames the columns that have no name",
    options: { casing: "camelCase" },
    models: (d) => ({
      t: d.sqliteTable("some_table", {
        user_id: d.integer().primaryKey(),
        first_name: d.text(),
        explicit: d.text("keep_me"),
      }),
    }),
    expect: same,
  },
  {
    name: "without casing names stay as they are",
    models: (d) => ({ t: d.sqliteTable("t", { firstName: d.text(), last_name: d.text() }) }),
    expect: same,
  },
  {
    name: "casing reaches keys, references, indexes, uniques, checks and generated columns at once",
    options: { casing: "snake_case" },
    models: (d) => {
      const orgs = d.sqliteTable("orgs", { orgId: d.text().primaryKey() });
      const seats = d.sqliteTable(
        "seats",
        {
          orgId: d
            .text()
            .notNull()
            .references(() => orgs.orgId, { onDelete: "cascade" }),
          seatNo: d.integer().notNull(),
          seatLabel: d.text().generatedAlwaysAs((): unknown => d.sql`'#' || ${seats.seatNo}`),
        },
        (c: Drizzle) => [
          d.primaryKey({ columns: [c.orgId, c.seatNo] }),
          d.index("seats_label").on(c.seatLabel),
          d.unique("one_seat").on(c.seatNo, c.orgId),
          d.check("seat_no", d.sql`${c.seatNo} > 0`),
        ],
      );
      return { orgs, seats };
    },
    expect: same,
  },
  {
    name: "two prefixed tables of one base name keep their own columns under casing",
    options: { casing: "snake_case" },
    models: (d) => {
      const columns = (name: string) => ({ id: d.integer().primaryKey(), [name]: d.integer() });
      const named = (prefix: string) => d.sqliteTableCreator((name: string) => `${prefix}_${name}`);
      return {
        a: named("a")("users", columns("firstCount")),
        b: named("b")("users", columns("lastCount"), (c: Drizzle) => [
          d.check("some", d.sql`${c.lastCount} > 0`),
        ]),
      };
    },
    expect: same,
  },
  {
    name: "a unique column without a name follows casing",
    options: { casing: "snake_case" },
    models: (d) => ({ t: d.sqliteTable("t", { eMail: d.text().unique() }) }),
    expect: same,
    insert: rejects(/UNIQUE/, "INSERT INTO t (e_mail) VALUES ('a')", "INSERT INTO t (e_mail) VALUES ('a')"),
  },
];
