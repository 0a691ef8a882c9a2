import { pgTable, pgView, text as pgText } from "drizzle-orm/pg-core";
import { type Case, type Drizzle, refused } from "./case.ts";

/** Models without a right DDL: each is refused with the names of what is wrong. */
export const refusedCases: readonly Case[] = [
  {
    name: "two tables of one name in two files are refused",
    models: (d) => ({ "a.ts/users": table(d, "users"), "b.ts/people": table(d, "users") }),
    expect: refused(/users/, /a\.ts/, /b\.ts/),
  },
  {
    name: "a table of PostgreSQL is refused",
    models: (d) => ({ "a.ts/users": table(d, "users"), "b.ts/notes": pgTable("notes", { body: pgText() }) }),
    expect: refused(/notes/, /b\.ts/, /another database/),
  },
  {
    name: "a view of PostgreSQL is refused",
    models: (d) => ({
      "a.ts/users": table(d, "users"),
      "b.ts/seen": pgView("seen").as((query) => query.select().from(pgTable("notes", { body: pgText() }))),
    }),
    expect: refused(/seen/, /b\.ts/, /another database/),
  },
  {
    name: "two tables whose names differ only in case are refused",
    models: (d) => ({ a: table(d, "Users"), b: table(d, "users") }),
    expect: refused(/Users/, /users/),
  },
  {
    name: "a table and a view of one name are refused",
    models: (d) => ({
      a: table(d, "people"),
      b: d.sqliteView("People", { id: d.integer() }).as(d.sql`select 1 as id`),
    }),
    expect: refused(/people/i),
  },
  {
    name: "two views of one name are refused",
    models: (d) => ({ a: view(d, "v"), b: view(d, "V") }),
    expect: refused(/v/i),
  },
  {
    name: "two columns of one name are refused",
    models: (d) => ({ t: d.sqliteTable("t", { a: d.text("same"), b: d.integer("same") }) }),
    expect: refused(/same/, /\bt\b/),
  },
  {
    name: "two columns whose names differ only in case are refused",
    models: (d) => ({ t: d.sqliteTable("t", { name: d.text(), NAME: d.text() }) }),
    expect: refused(/name/i, /\bt\b/),
  },
  {
    name: "two columns that casing makes one are refused",
    options: { casing: "snake_case" },
    models: (d) => ({ t: d.sqliteTable("t", { firstName: d.text(), first_name: d.text() }) }),
    expect: refused(/first_name/, /\bt\b/),
  },
  {
    name: "one builder under two keys of a table is refused",
    models: (d) => {
      const shared = d.text();
      return { t: d.sqliteTable("t", { first: shared, second: shared }) };
    },
    expect: refused(/first/, /\bt\b/),
  },
  {
    name: "two indexes of one name in one table are refused",
    models: (d) => ({
      t: d.sqliteTable("t", { a: d.text(), b: d.text() }, (c: Drizzle) => [
        d.index("i").on(c.a),
        d.index("i").on(c.b),
      ]),
    }),
    expect: refused(/\bi\b/, /\bt\b/),
  },
  {
    name: "two indexes of one name in two tables are refused, whatever their case",
    models: (d) => ({ a: table(d, "a", "By_Name"), b: table(d, "b", "by_name") }),
    expect: refused(/by_name/i, /\ba\b/, /\bb\b/),
  },
  {
    name: "two unique columns with one index name are refused",
    models: (d) => ({ t: d.sqliteTable("t", { a: d.text().unique("u"), b: d.text().unique("u") }) }),
    expect: refused(/\bu\b/, /\bt\b/),
  },
  {
    name: "an index named like a table is refused",
    models: (d) => ({ a: table(d, "users"), b: table(d, "b", "USERS") }),
    expect: refused(/users/i, /index/i),
  },
  {
    name: "an index named like a view is refused",
    models: (d) => ({ a: table(d, "t", "v"), v: view(d, "V") }),
    expect: refused(/\bv\b/i, /index/i),
  },
  {
    name: "two inline primary keys are refused",
    models: (d) => ({ t: d.sqliteTable("t", { a: d.text().primaryKey(), b: d.text().primaryKey() }) }),
    expect: refused(/primary key/i, /\bt\b/),
  },
  {
    name: "an inline primary key outside the composite one is refused",
    models: (d) => ({
      t: d.sqliteTable("t", { a: d.text().primaryKey(), b: d.text(), c: d.text() }, (c: Drizzle) => [
        d.primaryKey({ columns: [c.b, c.c] }),
      ]),
    }),
    expect: refused(/primary key/i, /\bt\b/),
  },
  {
    name: "two different primary key constraints are refused",
    models: (d) => ({
      t: d.sqliteTable("t", { a: d.text(), b: d.text(), c: d.text() }, (c: Drizzle) => [
        d.primaryKey({ columns: [c.a, c.b] }),
        d.primaryKey({ columns: [c.b, c.c] }),
      ]),
    }),
    expect: refused(/primary key/i, /\bt\b/),
  },
  {
    name: "autoincrement inside a composite primary key is refused",
    models: (d) => ({
      t: d.sqliteTable(
        "t",
        { a: d.integer().primaryKey({ autoIncrement: true }), b: d.text() },
        (c: Drizzle) => [d.primaryKey({ columns: [c.a, c.b] })],
      ),
    }),
    expect: refused(/autoincrement/i, /\bt\b/),
  },
  {
    name: "a generated column in the primary key is refused",
    models: (d) => ({
      t: d.sqliteTable("t", {
        a: d.text(),
        b: d
          .text()
          .primaryKey()
          .generatedAlwaysAs(d.sql`a`, { mode: "stored" }),
      }),
    }),
    expect: refused(/generated/i, /\bb\b/, /\bt\b/),
  },
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((number): Case => ({
    name: `a default of ${number} is refused`,
    models: (d) => ({ t: d.sqliteTable("t", { x: d.real().default(number) }) }),
    expect: refused(new RegExp(String(number)), /\bx\b/, /\bt\b/),
  })),
  {
    name: "an invalid date as a default is refused",
    models: (d) => ({
      t: d.sqliteTable("t", { at: d.integer({ mode: "timestamp" }).default(new Date("never")) }),
    }),
    expect: refused(/\bat\b/, /\bt\b/),
  },
  {
    name: "a bigint default beyond 64 bits is refused",
    models: (d) => ({
      t: d.sqliteTable("t", {
        big: d
          .customType({ dataType: () => "integer" })()
          .default(2n ** 63n),
      }),
    }),
    expect: refused(/9223372036854775808/, /\bbig\b/, /\bt\b/),
  },
  {
    name: "a bigint param beyond 64 bits is refused",
    models: (d) => ({
      t: d.sqliteTable("t", { n: d.integer() }, (c: Drizzle) => [
        d.check("c", d.sql`${c.n} < ${-(2n ** 63n) - 1n}`),
      ]),
    }),
    expect: refused(/-9223372036854775809/, /\bt\b/),
  },
  {
    name: "NaN as a param of a check is refused",
    models: (d) => ({
      t: d.sqliteTable("t", { n: d.integer() }, (c: Drizzle) => [
        d.check("odd", d.sql`${c.n} <> ${Number.NaN}`),
      ]),
    }),
    expect: refused(/NaN/, /\bodd\b/, /\bt\b/),
  },
  {
    name: "a reference to a table that no file exports is refused",
    models: (d) => {
      const hidden = d.sqliteTable("hidden", { id: d.integer().primaryKey() });
      return { t: d.sqliteTable("t", { h: d.integer().references(() => hidden.id) }) };
    },
    expect: refused(/hidden/, /\bt\b/),
  },
  {
    name: "a placeholder in a check is refused",
    models: (d) => ({
      t: d.sqliteTable("t", { n: d.integer() }, (c: Drizzle) => [
        d.check("later", d.sql`${c.n} > ${d.sql.placeholder("limit")}`),
      ]),
    }),
    expect: refused(/limit/, /\blater\b/, /\bt\b/),
  },
  {
    name: "a value SQLite has no literal for is refused as a param",
    models: (d) => ({
      t: d.sqliteTable("t", { n: d.integer() }, (c: Drizzle) => [
        d.check("odd", d.sql`${c.n} > ${{ a: 1 }}`),
      ]),
    }),
    expect: refused(/\bodd\b/, /\bt\b/),
  },
  ...["", "   ", "()"].map((text): Case => ({
    name: `a sql default of ${JSON.stringify(text)} is refused`,
    models: (d) => ({ t: d.sqliteTable("t", { v: d.text().default(d.sql.raw(text)) }) }),
    expect: refused(/default/i, /\bv\b/, /\bt\b/),
  })),
  {
    name: "a generated column with a default is refused",
    models: (d) => ({
      t: d.sqliteTable("t", {
        a: d.text(),
        b: d
          .text()
          .default("x")
          .generatedAlwaysAs(d.sql`a`),
      }),
    }),
    expect: refused(/generated/i, /default/i, /\bb\b/, /\bt\b/),
  },
  {
    name: "a table without columns is refused",
    models: (d) => ({ t: d.sqliteTable("nothing", {}) }),
    expect: refused(/nothing/, /column/i),
  },
  ...["sqlite_things", "SQLite_Things"].map((name): Case => ({
    name: `a table called ${name} is refused`,
    models: (d) => ({ t: table(d, name) }),
    expect: refused(new RegExp(name), /sqlite_/i),
  })),
  {
    name: "an index called sqlite_ something is refused",
    models: (d) => ({ t: table(d, "t", "sqlite_index") }),
    expect: refused(/sqlite_index/),
  },
  {
    name: "a view called sqlite_ something is refused",
    models: (d) => ({ v: view(d, "sqlite_view") }),
    expect: refused(/sqlite_view/),
  },
  ...["_clean_slate", "_CLEAN_slate"].map((name): Case => ({
    name: `a table called ${name} is refused`,
    models: (d) => ({ t: table(d, name) }),
    expect: refused(new RegExp(name)),
  })),
  {
    name: "a table name with a NUL character is refused",
    models: (d) => ({ t: table(d, "a\0b") }),
    expect: refused(/NUL|\\u0000/),
  },
  {
    name: "a column name with a NUL character is refused",
    models: (d) => ({ t: d.sqliteTable("t", { a: d.text("a\0b") }) }),
    expect: refused(/NUL|\\u0000/),
  },
];

function table(d: Drizzle, name: string, index?: string): unknown {
  const extra = (c: Drizzle) => (index ? [d.index(index).on(c.id)] : []);
  return d.sqliteTable(name, { id: d.integer() }, extra);
}

function view(d: Drizzle, name: string): unknown {
  return d.sqliteView(name, { id: d.integer() }).as(d.sql`select 1 as id`);
}
