import { answers, type Case, type Drizzle, ours, rejects, same } from "./case.ts";

/** Unique columns and unique constraints: Drizzle makes unique indexes of them. */
export const uniqueCases: readonly Case[] = [
  {
    name: "a unique column gets a unique index named after table and column",
    models: (d) => ({
      t: d.sqliteTable("t", { id: d.integer().primaryKey(), email: d.text().notNull().unique() }),
    }),
    expect: same,
    insert: rejects(/UNIQUE/, "INSERT INTO t (email) VALUES ('a')", "INSERT INTO t (email) VALUES ('a')"),
  },
  {
    name: "a unique column with a name of its own",
    models: (d) => ({ t: d.sqliteTable("t", { email: d.text().unique("one_mail_each") }) }),
    expect: same,
  },
  {
    name: "a unique column keeps a given name that looks like a derived one",
    models: (d) => ({ t: d.sqliteTable("t", { email: d.text().unique("account_email_unique") }) }),
    expect: same,
    insert: answers([], "SELECT name FROM sqlite_schema WHERE type = 'index'", {
      name: "account_email_unique",
    }),
  },
  {
    name: "a unique constraint on two columns is named after them",
    models: (d) => ({
      t: d.sqliteTable("t", { a: d.text(), b: d.text() }, (c: Drizzle) => [d.unique().on(c.a, c.b)]),
    }),
    expect: same,
    insert: answers([], "SELECT name FROM sqlite_schema WHERE type = 'index'", { name: "t_a_b_unique" }),
  },
  {
    name: "a unique constraint with a name of its own",
    models: (d) => ({
      t: d.sqliteTable("t", { a: d.text(), b: d.text() }, (c: Drizzle) => [d.unique("pair").on(c.b, c.a)]),
    }),
    expect: same,
  },
  {
    name: "two unique constraints and a unique column in one table",
    models: (d) => ({
      t: d.sqliteTable("t", { a: d.text().unique(), b: d.text(), c: d.integer() }, (c: Drizzle) => [
        d.unique().on(c.b),
        d.unique("bc").on(c.b, c.c),
      ]),
    }),
    expect: same,
  },
  {
    name: "a unique builder used in two tables gives each its own index name",
    models: (d) => {
      const shared = { email: d.text().unique() };
      return { a: d.sqliteTable("a", { ...shared }), b: d.sqliteTable("b", { ...shared }) };
    },
    expect: ours(
      "gives both tables the index name of the first",
      'CREATE TABLE "a" ("email" text)',
      'CREATE TABLE "b" ("email" text)',
      'CREATE UNIQUE INDEX "a_email_unique" ON "a" ("email")',
      'CREATE UNIQUE INDEX "b_email_unique" ON "b" ("email")',
    ),
  },
  {
    name: "a unique primary key has both",
    models: (d) => ({ t: d.sqliteTable("t", { id: d.text().primaryKey().unique() }) }),
    expect: same,
  },
  {
    name: "a unique column in a prefixed table is named after the prefixed table",
    models: (d) => {
      const table = d.sqliteTableCreator((name: string) => `app_${name}`);
      return { users: table("users", { email: d.text().unique() }) };
    },
    expect: same,
  },
  {
    name: "a unique column with an explicit name under casing keeps that name in its index",
    options: { casing: "snake_case" },
    models: (d) => ({ t: d.sqliteTable("t", { mail: d.text("eMail").unique() }) }),
    expect: same,
  },
  {
    name: "a unique constraint on a column whose name holds a comma is not cut there",
    models: (d) => ({
      t: d.sqliteTable("t", { a: d.text("a,b"), b: d.text() }, (c: Drizzle) => [d.unique("u").on(c.a, c.b)]),
    }),
    expect: ours(
      "splits the columns on the comma",
      'CREATE TABLE "t" ("a,b" text, "b" text)',
      'CREATE UNIQUE INDEX "u" ON "t" ("a,b", "b")',
    ),
  },
];
