/** Statements that make a schema bit by bit, and the statements that make the same one at once. */
export interface History {
  readonly name: string;
  readonly history: readonly string[];
  readonly schema: readonly string[];
}

/** What years of ALTER TABLE leave behind must be the schema that is meant. */
export const histories: readonly History[] = [
  {
    name: "columns added at the end",
    history: [
      "CREATE TABLE users (id integer PRIMARY KEY)",
      "ALTER TABLE users ADD COLUMN email text NOT NULL DEFAULT ''",
      "ALTER TABLE users ADD age integer /* years */ CHECK (age > 0)",
      "ALTER TABLE `users` ADD `team` integer REFERENCES teams(id) ON DELETE SET NULL",
      "CREATE TABLE teams (id integer PRIMARY KEY)",
    ],
    schema: [
      'CREATE TABLE "teams" ("id" integer PRIMARY KEY)',
      `CREATE TABLE "users" ("id" integer PRIMARY KEY, "email" text NOT NULL DEFAULT '', "age" integer, "team" integer,
        FOREIGN KEY ("team") REFERENCES "teams" ("id") ON DELETE SET NULL, CONSTRAINT "users_age_check" CHECK ("age" > 0))`,
    ],
  },
  {
    name: "a column renamed under an index, a check, a view and a trigger",
    history: [
      "CREATE TABLE t (id integer PRIMARY KEY, old_name text, CHECK (length(old_name) < 9))",
      "CREATE INDEX t_name ON t (lower(old_name)) WHERE old_name IS NOT NULL",
      "CREATE VIEW v AS SELECT old_name FROM t WHERE t.old_name > 'a'",
      "CREATE TRIGGER g AFTER UPDATE OF old_name ON t BEGIN UPDATE t SET old_name = new.old_name WHERE id = new.id; END",
      'ALTER TABLE t RENAME COLUMN old_name TO "name"',
    ],
    schema: [
      "CREATE TABLE t (id integer PRIMARY KEY, name text, CHECK (length(name) < 9))",
      "CREATE INDEX t_name ON t (lower(name)) WHERE name IS NOT NULL",
      "CREATE VIEW v AS SELECT name FROM t WHERE t.name > 'a'",
      "CREATE TRIGGER g AFTER UPDATE OF name ON t BEGIN UPDATE t SET name = new.name WHERE id = new.id; END",
    ],
  },
  {
    name: "a table renamed under its children, index, view and trigger",
    history: [
      "CREATE TABLE people (id integer PRIMARY KEY, name text)",
      "CREATE TABLE pets (owner integer REFERENCES people(id))",
      "CREATE INDEX people_name ON people(name)",
      "CREATE VIEW v AS SELECT people.name FROM people",
      "CREATE TRIGGER g AFTER DELETE ON people BEGIN DELETE FROM pets WHERE owner = old.id; END",
      "ALTER TABLE people RENAME TO users",
    ],
    schema: [
      "CREATE TABLE users (id integer PRIMARY KEY, name text)",
      "CREATE TABLE pets (owner integer REFERENCES users(id))",
      "CREATE INDEX people_name ON users(name)",
      "CREATE VIEW v AS SELECT users.name FROM users",
      "CREATE TRIGGER g AFTER DELETE ON users BEGIN DELETE FROM pets WHERE owner = old.id; END",
    ],
  },
  {
    name: "a column dropped from the middle",
    history: ["CREATE TABLE t (a text,\n  b text, -- going\n  c text)", "ALTER TABLE t DROP COLUMN b"],
    schema: ["CREATE TABLE t (a text, c text)"],
  },
  {
    name: "a column dropped and added again at the end",
    history: [
      "CREATE TABLE t (a integer, b text)",
      "ALTER TABLE t DROP COLUMN b",
      "ALTER TABLE t ADD b text",
    ],
    schema: ["CREATE TABLE t (a integer, b text)"],
  },
  {
    name: "the copy, drop and rename of drizzle-kit push",
    history: [
      "CREATE TABLE `users` (`id` integer PRIMARY KEY NOT NULL, `name` text)",
      "CREATE TABLE `__new_users` (`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL, `name` text NOT NULL)",
      'INSERT INTO `__new_users`("id", "name") SELECT "id", "name" FROM `users`',
      "DROP TABLE `users`",
      "ALTER TABLE `__new_users` RENAME TO `users`",
      "CREATE UNIQUE INDEX `users_name_unique` ON `users` (`name`)",
    ],
    schema: [
      'CREATE TABLE "users" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "name" text NOT NULL)',
      'CREATE UNIQUE INDEX "users_name_unique" ON "users" ("name")',
    ],
  },
  {
    name: "the copy of a parent, whose children keep their foreign key",
    history: [
      "CREATE TABLE parent (id integer PRIMARY KEY)",
      "CREATE TABLE child (p integer REFERENCES parent(id))",
      "PRAGMA foreign_keys=OFF",
      "CREATE TABLE __new_parent (id integer PRIMARY KEY, x text)",
      "DROP TABLE parent",
      "ALTER TABLE __new_parent RENAME TO parent",
    ],
    schema: [
      "CREATE TABLE parent (id integer PRIMARY KEY, x text)",
      "CREATE TABLE child (p integer REFERENCES parent(id))",
    ],
  },
  {
    name: "a column altered the way only libSQL can",
    history: [
      "CREATE TABLE t (id integer PRIMARY KEY, a text)",
      "ALTER TABLE t ALTER COLUMN a TO a text NOT NULL DEFAULT 'x'",
    ],
    schema: ["CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL DEFAULT 'x')"],
  },
  {
    name: "a generated column added",
    history: ["CREATE TABLE t (a integer)", "ALTER TABLE t ADD COLUMN twice integer AS (a * 2)"],
    schema: ["CREATE TABLE t (a integer, twice integer GENERATED ALWAYS AS (a*2) VIRTUAL)"],
  },
  {
    name: "a unique index in the place of a UNIQUE constraint",
    history: ["CREATE TABLE t (a text UNIQUE, b text, UNIQUE (a, b))"],
    schema: [
      "CREATE TABLE t (a text, b text)",
      "CREATE UNIQUE INDEX t_a ON t (a)",
      "CREATE UNIQUE INDEX t_a_b ON t (a, b)",
    ],
  },
];
