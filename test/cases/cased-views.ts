import { answers, type Case, type Drizzle, ours, same } from "./case.ts";

/** Views under `casing`: 0.45 writes the select list before it knows the casing. */
export const casedViewCases: readonly Case[] = [
  {
    name: "a view of a whole table follows snake_case",
    options: { casing: "snake_case" },
    models: cased((d, t) => d.sqliteView("v").as((qb: Drizzle) => qb.select().from(t))),
    expect: viewIs('select "id", "first_name", "Last" from "people"'),
    insert: [
      {
        run: ["INSERT INTO people VALUES (1, 'a', 'b')"],
        from: "v",
        gives: [{ id: 1, firstName: "a", last: "b" }],
      },
    ],
  },
  {
    name: "a view of chosen columns follows snake_case in its list and its WHERE",
    options: { casing: "snake_case" },
    models: cased((d, t) =>
      d
        .sqliteView("v")
        .as((qb: Drizzle) => qb.select({ firstName: t.firstName }).from(t).where(d.eq(t.firstName, "a"))),
    ),
    expect: viewIs(`select "first_name" from "people" where "people"."first_name" = 'a'`),
  },
  {
    name: "an alias in a view is not cased",
    options: { casing: "snake_case" },
    models: cased((d, t) =>
      d
        .sqliteView("v")
        .as((qb: Drizzle) => qb.select({ x: d.sql`upper(${t.firstName})`.as("firstName") }).from(t)),
    ),
    expect: viewIs('select upper("first_name") as "firstName" from "people"'),
    insert: answers(["INSERT INTO people VALUES (1, 'a', 'b')"], 'SELECT * FROM "v"', { firstName: "A" }),
  },
  {
    name: "a view by sql follows snake_case",
    options: { casing: "snake_case" },
    models: cased((d, t) =>
      d
        .sqliteView("v", { firstName: d.text() })
        .as(d.sql`select ${t.firstName} from ${t} where ${t.last} > ''`),
    ),
    expect: same,
  },
  {
    name: "an explicit name in a view is not cased because another table has a key of that name",
    options: { casing: "snake_case" },
    models: (d) => {
      const keyed = d.sqliteTable("keyed", { firstName: d.text() });
      const named = d.sqliteTable("named", { x: d.text("firstName") });
      const v = d.sqliteView("v").as((qb: Drizzle) => qb.select().from(named));
      return { keyed, named, v };
    },
    expect: same,
    insert: answers([`INSERT INTO named VALUES ('a')`], 'SELECT * FROM "v"', { firstName: "a" }),
  },
  {
    name: "a joined table whose name is also a key is not cased",
    options: { casing: "snake_case" },
    models: (d) => {
      const profiles = d.sqliteTable("userProfile", { id: d.integer().primaryKey() });
      const posts = d.sqliteTable("posts", { id: d.integer().primaryKey(), userProfile: d.integer() });
      const v = d
        .sqliteView("v")
        .as((qb: Drizzle) =>
          qb
            .select({ userProfile: posts.userProfile })
            .from(posts)
            .innerJoin(profiles, d.eq(posts.userProfile, profiles.id)),
        );
      return { profiles, posts, v };
    },
    expect: ours(
      "leaves the select list uncased",
      'CREATE TABLE "userProfile" ("id" integer PRIMARY KEY NOT NULL)',
      'CREATE TABLE "posts" ("id" integer PRIMARY KEY NOT NULL, "user_profile" integer)',
      'CREATE VIEW "v" AS select "posts"."user_profile" from "posts" inner join "userProfile" on "posts"."user_profile" = "userProfile"."id"',
    ),
    insert: answers(
      [`INSERT INTO "userProfile" VALUES (1)`, "INSERT INTO posts VALUES (5, 1)"],
      'SELECT * FROM "v"',
      { user_profile: 1 },
    ),
  },
  {
    name: "a join in a view follows camelCase",
    options: { casing: "camelCase" },
    models: (d) => {
      const people = d.sqliteTable("people", { id: d.integer().primaryKey(), first_name: d.text() });
      const posts = d.sqliteTable("posts", { post_id: d.integer().primaryKey(), author_id: d.integer() });
      const v = d
        .sqliteView("v")
        .as((qb: Drizzle) =>
          qb
            .select({ first_name: people.first_name, post_id: posts.post_id })
            .from(posts)
            .innerJoin(people, d.eq(posts.author_id, people.id)),
        );
      return { people, posts, v };
    },
    expect: ours(
      "leaves the select list uncased",
      'CREATE TABLE "people" ("id" integer PRIMARY KEY NOT NULL, "firstName" text)',
      'CREATE TABLE "posts" ("postId" integer PRIMARY KEY NOT NULL, "authorId" integer)',
      'CREATE VIEW "v" AS select "people"."firstName", "posts"."postId" from "posts" inner join "people" on "posts"."authorId" = "people"."id"',
    ),
  },
];

function cased(view: (d: Drizzle, t: Drizzle) => unknown): Case["models"] {
  return (d) => {
    const people = d.sqliteTable("people", {
      id: d.integer().primaryKey(),
      firstName: d.text(),
      last: d.text("Last"),
    });
    return { people, v: view(d, people) };
  };
}

function viewIs(select: string): Case["expect"] {
  return ours(
    "leaves the select list uncased",
    'CREATE TABLE "people" ("id" integer PRIMARY KEY NOT NULL, "first_name" text, "Last" text)',
    `CREATE VIEW "v" AS ${select}`,
  );
}
