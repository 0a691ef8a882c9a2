import { answers, type Case, type Drizzle, ours, rejects, same } from "./case.ts";

const actions = ["cascade", "restrict", "set null", "set default", "no action"];

/** Foreign keys: inline, composite, to oneself and in circles. */
export const foreignKeyCases: readonly Case[] = [
  {
    name: "a reference to another table",
    models: (d) => {
      const users = d.sqliteTable("users", { id: d.integer().primaryKey() });
      const posts = d.sqliteTable("posts", { author: d.integer().references(() => users.id) });
      return { users, posts };
    },
    expect: same,
    insert: rejects(/FOREIGN KEY/, "PRAGMA foreign_keys = ON", "INSERT INTO posts (author) VALUES (7)"),
  },
  {
    name: "a reference declared before the table it points to",
    models: (d) => {
      const posts = d.sqliteTable("posts", { author: d.integer().references(() => users.id) });
      const users = d.sqliteTable("users", { id: d.integer().primaryKey() });
      return { posts, users };
    },
    expect: same,
  },
  {
    name: "a reference to a table in another file",
    models: (d) => {
      const users = d.sqliteTable("users", { id: d.integer().primaryKey() });
      const posts = d.sqliteTable("posts", { author: d.integer().references(() => users.id) });
      return { "a-posts.ts/posts": posts, "b-users.ts/users": users };
    },
    expect: same,
  },
  ...actions.map((action): Case => ({
    name: `a reference that does ${action} on delete and on update`,
    models: (d) => {
      const users = d.sqliteTable("users", { id: d.integer().primaryKey() });
      const posts = d.sqliteTable("posts", {
        author: d.integer().references(() => users.id, { onDelete: action, onUpdate: action }),
      });
      return { users, posts };
    },
    expect: same,
  })),
  {
    name: "on delete and on update may differ",
    models: (d) => {
      const users = d.sqliteTable("users", { id: d.integer().primaryKey() });
      const posts = d.sqliteTable("posts", {
        author: d.integer().references(() => users.id, { onDelete: "cascade", onUpdate: "restrict" }),
      });
      return { users, posts };
    },
    expect: same,
    insert: answers(
      [
        "PRAGMA foreign_keys = ON",
        "INSERT INTO users VALUES (1)",
        "INSERT INTO posts VALUES (1)",
        "DELETE FROM users",
      ],
      "SELECT count(*) AS n FROM posts",
      { n: 0 },
    ),
  },
  {
    name: "a table may refer to itself",
    models: (d) => {
      const nodes = d.sqliteTable("nodes", {
        id: d.integer().primaryKey(),
        parent: d.integer().references((): unknown => nodes.id, { onDelete: "cascade" }),
      });
      return { nodes };
    },
    expect: same,
  },
  {
    name: "two tables may refer to each other",
    models: (d) => {
      const a = d.sqliteTable("a", {
        id: d.integer().primaryKey(),
        b: d.integer().references((): unknown => b.id),
      });
      const b = d.sqliteTable("b", {
        id: d.integer().primaryKey(),
        a: d.integer().references((): unknown => a.id),
      });
      return { a, b };
    },
    expect: same,
  },
  {
    name: "three tables may refer to each other in a circle",
    models: (d) => {
      const a = d.sqliteTable("a", {
        id: d.integer().primaryKey(),
        b: d.integer().references((): unknown => b.id),
      });
      const b = d.sqliteTable("b", {
        id: d.integer().primaryKey(),
        c: d.integer().references((): unknown => c.id),
      });
      const c = d.sqliteTable("c", {
        id: d.integer().primaryKey(),
        a: d.integer().references((): unknown => a.id),
      });
      return { a, b, c };
    },
    expect: same,
  },
  {
    name: "a composite foreign key pairs its columns in order",
    models: (d) => {
      const parents = d.sqliteTable("parents", { a: d.integer(), b: d.integer() }, (c: Drizzle) => [
        d.primaryKey({ columns: [c.a, c.b] }),
      ]);
      const children = d.sqliteTable("children", { x: d.integer(), y: d.integer() }, (c: Drizzle) => [
        d.foreignKey({ columns: [c.y, c.x], foreignColumns: [parents.a, parents.b] }).onDelete("set null"),
      ]);
      return { parents, children };
    },
    expect: same,
    insert: answers(
      ["INSERT INTO parents VALUES (1, 2)", "INSERT INTO children VALUES (2, 1)", "DELETE FROM parents"],
      "SELECT x, y FROM children",
      { x: null, y: null },
    ),
  },
  {
    name: "a foreign key given by a callback is the same",
    models: (d) => {
      const nodes = d.sqliteTable(
        "nodes",
        { id: d.integer().primaryKey(), up: d.integer() },
        (c: Drizzle) => [
          d.foreignKey(() => ({ columns: [c.up], foreignColumns: [c.id] })).onUpdate("cascade"),
        ],
      );
      return { nodes };
    },
    expect: same,
  },
  {
    name: "a named foreign key is the same key as one without a name",
    models: (d) => {
      const users = d.sqliteTable("users", { id: d.integer().primaryKey() });
      const posts = d.sqliteTable("posts", { author: d.integer() }, (c: Drizzle) => [
        d.foreignKey({ name: "the author", columns: [c.author], foreignColumns: [users.id] }),
      ]);
      return { users, posts };
    },
    expect: same,
  },
  {
    name: "two columns may refer to the same table",
    models: (d) => {
      const users = d.sqliteTable("users", { id: d.integer().primaryKey() });
      const games = d.sqliteTable("games", {
        white: d.integer().references(() => users.id, { onDelete: "cascade" }),
        black: d.integer().references(() => users.id, { onDelete: "set null" }),
      });
      return { users, games };
    },
    expect: same,
  },
  {
    name: "one column may refer to two tables",
    models: (d) => {
      const a = d.sqliteTable("a", { id: d.integer().primaryKey() });
      const b = d.sqliteTable("b", { id: d.integer().primaryKey() });
      const both = d.sqliteTable("both", { id: d.integer().references(() => a.id) }, (c: Drizzle) => [
        d.foreignKey({ columns: [c.id], foreignColumns: [b.id] }),
      ]);
      return { a, b, both };
    },
    expect: same,
  },
  {
    name: "a reference to a unique column that is no key",
    models: (d) => {
      const users = d.sqliteTable("users", { id: d.integer().primaryKey(), mail: d.text().unique() });
      const posts = d.sqliteTable("posts", { mail: d.text().references(() => users.mail) });
      return { posts, users };
    },
    expect: same,
    insert: answers(
      ["PRAGMA foreign_keys = ON", "INSERT INTO users VALUES (1, 'a')", "INSERT INTO posts VALUES ('a')"],
      "SELECT count(*) AS n FROM posts",
      { n: 1 },
    ),
  },
  {
    name: "a reference under casing names both columns",
    options: { casing: "snake_case" },
    models: (d) => {
      const users = d.sqliteTable("users", { userId: d.integer().primaryKey() });
      const posts = d.sqliteTable("posts", { authorId: d.integer().references(() => users.userId) });
      return { users, posts };
    },
    expect: same,
  },
  {
    name: "a foreign key over names with a comma and a semicolon is not cut there",
    models: (d) => {
      const users = d.sqliteTable("users; all", { id: d.integer("id, number").primaryKey() });
      const posts = d.sqliteTable("posts", { author: d.integer("by;whom").references(() => users.id) });
      return { users, posts };
    },
    expect: ours(
      "splits foreign keys on the comma and the semicolon",
      'CREATE TABLE "users; all" ("id, number" integer PRIMARY KEY NOT NULL)',
      'CREATE TABLE "posts" ("by;whom" integer REFERENCES "users; all" ("id, number"))',
    ),
  },
];
