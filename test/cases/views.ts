import { answers, type Case, type Drizzle, ours, same } from "./case.ts";

const users = (d: Drizzle) =>
  d.sqliteTable("users", {
    id: d.integer().primaryKey(),
    name: d.text().notNull(),
    active: d.integer({ mode: "boolean" }),
    born: d.integer({ mode: "timestamp" }),
    photo: d.blob({ mode: "buffer" }),
  });

const usersTable =
  'CREATE TABLE "users" ("id" integer PRIMARY KEY NOT NULL, "name" text NOT NULL, "active" integer, "born" integer, "photo" blob)';

const ada = "INSERT INTO users (id, name, active, born, photo) VALUES (1, 'Ada', 1, 10, x'00')";

/** Views: by query builder, by sql, upon each other. */
export const viewCases: readonly Case[] = [
  {
    name: "a view of a whole table by the query builder",
    models: viewed((d, t) => d.sqliteView("v").as((qb: Drizzle) => qb.select().from(t))),
    expect: same,
    insert: [
      {
        run: [ada],
        from: "v",
        gives: [{ id: 1, name: "Ada", active: true, born: new Date(10000), photo: Buffer.from([0]) }],
      },
    ],
  },
  {
    name: "a view of chosen columns",
    models: viewed((d, t) =>
      d.sqliteView("v").as((qb: Drizzle) => qb.select({ key: t.id, name: t.name }).from(t)),
    ),
    expect: same,
    insert: answers([ada], 'SELECT * FROM "v"', { id: 1, name: "Ada" }),
  },
  {
    name: "a view by a query builder made outside",
    models: viewed((d, t) => d.sqliteView("v").as(new d.QueryBuilder().select({ id: t.id }).from(t))),
    expect: same,
  },
  {
    name: "a view with typed columns and sql",
    models: viewed((d, t) =>
      d
        .sqliteView("v", { id: d.integer(), shout: d.text() })
        .as(d.sql`select ${t.id}, upper(${t.name}) as shout from ${t}`),
    ),
    expect: same,
    insert: [{ run: [ada], from: "v", gives: [{ id: 1, shout: "ADA" }] }],
  },
  {
    name: "an existing view makes no DDL",
    models: viewed((d) => d.sqliteView("v", { id: d.integer() }).existing()),
    expect: same,
    insert: answers([], "SELECT count(*) AS n FROM sqlite_schema WHERE type = 'view'", { n: 0 }),
  },
  {
    name: "a view with a string param writes it as a literal",
    models: viewed((d, t) =>
      d.sqliteView("v").as((qb: Drizzle) => qb.select().from(t).where(d.eq(t.name, "it's ?"))),
    ),
    expect: same,
  },
  {
    name: "a view with number and boolean params writes them as numbers",
    models: viewed((d, t) =>
      d.sqliteView("v").as((qb: Drizzle) =>
        qb
          .select({ id: t.id })
          .from(t)
          .where(d.and(d.eq(t.active, true), d.gt(t.id, 0)))
          .limit(5)
          .offset(0),
      ),
    ),
    expect: same,
    sqlIn1: [
      usersTable,
      `CREATE VIEW "v" AS select "id" from "users" where (("users"."active" = 1) and ("users"."id" > 0)) limit 5`,
    ],
    insert: answers([ada], 'SELECT * FROM "v"', { id: 1 }),
  },
  {
    name: "a view with a Date param maps it as the column does",
    models: viewed((d, t) =>
      d.sqliteView("v").as((qb: Drizzle) =>
        qb
          .select({ id: t.id })
          .from(t)
          .where(d.lt(t.born, new Date(20000))),
      ),
    ),
    expect: same,
    insert: answers([ada], 'SELECT * FROM "v"', { id: 1 }),
  },
  {
    name: "a view with a Buffer param writes a blob",
    models: viewed((d, t) =>
      d.sqliteView("v").as((qb: Drizzle) =>
        qb
          .select({ id: t.id })
          .from(t)
          .where(d.eq(t.photo, Buffer.from([0]))),
      ),
    ),
    expect: ours(
      "writes the Buffer as text",
      usersTable,
      `CREATE VIEW "v" AS select "id" from "users" where "users"."photo" = X'00'`,
    ),
    insert: answers([ada], 'SELECT * FROM "v"', { id: 1 }),
  },
  {
    name: "a view with a bigint param writes an integer",
    models: viewed((d, t) =>
      d.sqliteView("v").as((qb: Drizzle) =>
        qb
          .select({ id: t.id })
          .from(t)
          .where(d.sql`${t.id} < ${2n ** 62n}`),
      ),
    ),
    expect: ours(
      "throws on a bigint",
      usersTable,
      `CREATE VIEW "v" AS select "id" from "users" where "users"."id" < 4611686018427387904`,
    ),
    insert: answers([ada], 'SELECT * FROM "v"', { id: 1 }),
  },
  {
    name: "a view with a Date param outside any column writes milliseconds",
    models: viewed((d, t) =>
      d.sqliteView("v").as((qb: Drizzle) =>
        qb
          .select({ id: t.id })
          .from(t)
          .where(d.sql`${t.born} * 1000 < ${new Date(20000)}`),
      ),
    ),
    expect: ours(
      "writes the Date as its English text",
      usersTable,
      `CREATE VIEW "v" AS select "id" from "users" where "users"."born" * 1000 < 20000`,
    ),
    insert: answers([ada], 'SELECT * FROM "v"', { id: 1 }),
  },
  {
    name: "a view with computed columns, grouping and order",
    models: viewed((d, t) =>
      d.sqliteView("v").as((qb: Drizzle) =>
        qb
          .select({ active: t.active, total: d.sql`count(*)`.as("total") })
          .from(t)
          .groupBy(t.active)
          .having(d.sql`count(*) > ${0}`)
          .orderBy(d.desc(t.active)),
      ),
    ),
    expect: same,
    insert: answers([ada], 'SELECT * FROM "v"', { active: 1, total: 1 }),
  },
  {
    name: "a view of a join",
    models: (d) => {
      const t = users(d);
      const posts = d.sqliteTable("posts", {
        id: d.integer().primaryKey(),
        author: d.integer().references(() => t.id),
      });
      const v = d.sqliteView("v").as((qb: Drizzle) =>
        qb
          .select({ post: d.sql`${posts.id}`.as("post"), name: t.name })
          .from(posts)
          .leftJoin(t, d.eq(posts.author, t.id)),
      );
      return { users: t, posts, v };
    },
    expect: same,
    insert: answers([ada, "INSERT INTO posts VALUES (5, 1)"], 'SELECT * FROM "v"', { post: 5, name: "Ada" }),
  },
  {
    name: "a view upon a view is made after it",
    models: (d) => {
      const t = users(d);
      const inner = d
        .sqliteView("z_inner")
        .as((qb: Drizzle) => qb.select({ id: t.id, name: t.name }).from(t));
      const outer = d.sqliteView("a_outer").as((qb: Drizzle) => qb.select({ name: inner.name }).from(inner));
      return { outer, inner, users: t };
    },
    expect: same,
    insert: answers([ada], 'SELECT * FROM "a_outer"', { name: "Ada" }),
  },
  {
    name: "a view with a subquery and a common table expression",
    models: viewed((d, t) => {
      const qb = new d.QueryBuilder();
      const young = qb.$with("young").as(qb.select({ id: t.id }).from(t).where(d.gt(t.id, 0)));
      return d.sqliteView("v").as(qb.with(young).select({ id: young.id }).from(young));
    }),
    expect: same,
    insert: answers([ada], 'SELECT * FROM "v"', { id: 1 }),
  },
  {
    name: "a view of a union",
    models: viewed((d, t) => {
      const qb = new d.QueryBuilder();
      return d
        .sqliteView("v")
        .as(d.unionAll(qb.select({ id: t.id }).from(t), qb.select({ id: t.id }).from(t)));
    }),
    expect: same,
    insert: answers([ada], "SELECT count(*) AS n FROM v", { n: 2 }),
  },
  {
    name: "a view with semicolons and comments in strings is not cut there",
    models: viewed((d, t) => d.sqliteView("v", { s: d.text() }).as(d.sql`select 'a;b -- c' as s from ${t}`)),
    expect: same,
    insert: answers([ada], 'SELECT * FROM "v"', { s: "a;b -- c" }),
  },
  {
    name: "two views of one table",
    models: (d) => {
      const t = users(d);
      const one = d.sqliteView("one").as((qb: Drizzle) => qb.select({ id: t.id }).from(t));
      const two = d.sqliteView("two").as((qb: Drizzle) => qb.select({ name: t.name }).from(t));
      return { "users.ts/t": t, "views.ts/two": two, "views.ts/one": one };
    },
    expect: same,
  },
  {
    name: "a view with a hostile name",
    models: viewed((d, t) =>
      d.sqliteView('my "view"; drop').as((qb: Drizzle) => qb.select({ id: t.id }).from(t)),
    ),
    expect: same,
  },
];

function viewed(view: (d: Drizzle, t: Drizzle) => unknown): Case["models"] {
  return (d) => {
    const t = users(d);
    return { users: t, v: view(d, t) };
  };
}
