import { answers, type Case, type Drizzle, ours, rejects, same } from "./case.ts";

/** Primary keys, inline and as constraints. */
export const primaryKeyCases: readonly Case[] = [
  {
    name: "an integer primary key numbers its rows",
    models: (d) => ({ t: d.sqliteTable("t", { id: d.integer().primaryKey(), a: d.text() }) }),
    expect: same,
    insert: answers([`INSERT INTO "t" ("a") VALUES ('x')`], 'SELECT "id" FROM "t"', { id: 1 }),
  },
  {
    name: "an autoincrement primary key never uses a number twice",
    models: (d) => ({
      t: d.sqliteTable("t", { id: d.integer().primaryKey({ autoIncrement: true }), a: d.text() }),
    }),
    expect: same,
    insert: answers(
      [`INSERT INTO "t" ("id") VALUES (9)`, `DELETE FROM "t"`, `INSERT INTO "t" ("a") VALUES ('x')`],
      'SELECT "id" FROM "t"',
      { id: 10 },
    ),
  },
  {
    name: "an autoincrement key in a timestamp mode is still autoincrement",
    models: (d) => ({
      t: d.sqliteTable("t", { at: d.integer({ mode: "timestamp" }).primaryKey({ autoIncrement: true }) }),
    }),
    expect: same,
  },
  {
    name: "a text primary key is NOT NULL",
    models: (d) => ({ t: d.sqliteTable("t", { id: d.text().primaryKey(), a: d.integer() }) }),
    expect: same,
    insert: rejects(/NOT NULL/, `INSERT INTO "t" ("a") VALUES (1)`),
  },
  {
    name: "a blob primary key is NOT NULL",
    models: (d) => ({ t: d.sqliteTable("t", { id: d.blob({ mode: "buffer" }).primaryKey() }) }),
    expect: same,
    insert: rejects(/NOT NULL/, `INSERT INTO "t" ("id") VALUES (NULL)`),
  },
  {
    name: "a primary key with a default keeps it",
    models: (d) => ({
      t: d.sqliteTable("t", {
        id: d
          .text()
          .primaryKey()
          .default(d.sql`(lower(hex(randomblob(8))))`),
        a: d.text(),
      }),
    }),
    expect: same,
    insert: answers([`INSERT INTO "t" ("a") VALUES ('x')`], 'SELECT length("id") AS n FROM "t"', { n: 16 }),
  },
  {
    name: "a composite primary key keeps the order it is given in",
    models: (d) => ({
      t: d.sqliteTable("t", { a: d.integer().notNull(), b: d.text().notNull() }, (c: Drizzle) => [
        d.primaryKey({ columns: [c.b, c.a] }),
      ]),
    }),
    expect: same,
    insert: rejects(/UNIQUE/, `INSERT INTO "t" VALUES (1, 'x')`, `INSERT INTO "t" VALUES (1, 'x')`),
  },
  {
    name: "a composite primary key given as an object of constraints is the same",
    models: (d) => ({
      t: d.sqliteTable("t", { a: d.integer().notNull(), b: d.text().notNull() }, (c: Drizzle) => ({
        pk: d.primaryKey({ columns: [c.a, c.b] }),
      })),
    }),
    expect: same,
  },
  {
    name: "a composite primary key in the old call style is the same",
    models: (d) => ({
      t: d.sqliteTable("t", { a: d.integer().notNull(), b: d.text().notNull() }, (c: Drizzle) => [
        d.primaryKey(c.a, c.b),
      ]),
    }),
    expect: same,
  },
  {
    name: "a named composite primary key is the same key as one without a name",
    models: (d) => ({
      t: d.sqliteTable("t", { a: d.integer().notNull(), b: d.text().notNull() }, (c: Drizzle) => [
        d.primaryKey({ name: "the key", columns: [c.a, c.b] }),
      ]),
    }),
    expect: same,
  },
  {
    name: "nullable columns of a composite primary key stay nullable",
    models: (d) => ({
      t: d.sqliteTable("t", { a: d.integer(), b: d.text() }, (c: Drizzle) => [
        d.primaryKey({ columns: [c.a, c.b] }),
      ]),
    }),
    expect: same,
    insert: answers([`INSERT INTO "t" VALUES (NULL, 'x')`], 'SELECT count(*) AS n FROM "t"', { n: 1 }),
  },
  {
    name: "a primary key constraint on one integer column is the row id",
    models: (d) => ({
      t: d.sqliteTable("t", { id: d.integer(), a: d.text() }, (c: Drizzle) => [
        d.primaryKey({ columns: [c.id] }),
      ]),
    }),
    expect: same,
    insert: answers([`INSERT INTO "t" ("a") VALUES ('x')`], 'SELECT "id" FROM "t"', { id: 1 }),
  },
  {
    name: "a primary key constraint on one text column is its primary key",
    models: (d) => ({
      t: d.sqliteTable("t", { id: d.text().notNull() }, (c: Drizzle) => [d.primaryKey({ columns: [c.id] })]),
    }),
    expect: same,
  },
  {
    name: "an inline key that a constraint repeats is one key",
    models: (d) => ({
      t: d.sqliteTable("t", { id: d.text().primaryKey() }, (c: Drizzle) => [
        d.primaryKey({ columns: [c.id] }),
      ]),
    }),
    expect: same,
  },
  {
    name: "an inline key merges into the composite key that holds it",
    models: (d) => ({
      t: d.sqliteTable("t", { id: d.text().primaryKey(), lang: d.text().notNull() }, (c: Drizzle) => [
        d.primaryKey({ columns: [c.id, c.lang] }),
      ]),
    }),
    expect: ours(
      "writes two primary keys into one table",
      'CREATE TABLE "t" ("id" text NOT NULL, "lang" text NOT NULL, PRIMARY KEY ("id", "lang"))',
    ),
    insert: answers([`INSERT INTO "t" VALUES ('a', 'de'), ('a', 'en')`], 'SELECT count(*) AS n FROM "t"', {
      n: 2,
    }),
  },
  {
    name: "two equal primary key constraints are one",
    models: (d) => ({
      t: d.sqliteTable("t", { a: d.text().notNull(), b: d.text().notNull() }, (c: Drizzle) => [
        d.primaryKey({ columns: [c.a, c.b] }),
        d.primaryKey({ columns: [c.a, c.b] }),
      ]),
    }),
    expect: same,
  },
  {
    name: "a composite key over a column whose name holds a comma is not cut there",
    models: (d) => ({
      t: d.sqliteTable("t", { a: d.text("last, first").notNull(), b: d.text().notNull() }, (c: Drizzle) => [
        d.primaryKey({ columns: [c.a, c.b] }),
      ]),
    }),
    expect: ours(
      "splits the key's columns on the comma",
      'CREATE TABLE "t" ("last, first" text NOT NULL, "b" text NOT NULL, PRIMARY KEY ("last, first", "b"))',
    ),
  },
  {
    name: "a composite key names columns under casing",
    options: { casing: "snake_case" },
    models: (d) => ({
      t: d.sqliteTable("t", { orgId: d.text().notNull(), userId: d.text().notNull() }, (c: Drizzle) => [
        d.primaryKey({ columns: [c.orgId, c.userId] }),
      ]),
    }),
    expect: same,
  },
  {
    name: "a table may do without a primary key",
    models: (d) => ({ t: d.sqliteTable("t", { a: d.text() }) }),
    expect: same,
  },
];
