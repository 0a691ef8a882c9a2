import type { Case } from "./case.ts";

/** Models, and the statements drizzle-kit 1.0.0-rc.5 writes for them; it cannot be installed beside 0.31. */
export interface DrizzleKit1Case extends Pick<Case, "name" | "models"> {
  readonly kit: readonly string[];
}

export const drizzleKit1Cases: readonly DrizzleKit1Case[] = [
  {
    name: "uniques, foreign keys with actions and a composite key",
    models: (d) => {
      const users = d.sqliteTable("users", {
        id: d.integer("id").primaryKey({ autoIncrement: true }),
        email: d.text("email").notNull().unique(),
        nick: d.text("nick").unique("nick_once"),
        boss: d.integer("boss").references(() => users.id, { onDelete: "set null", onUpdate: "cascade" }),
      });
      const teams = d.sqliteTable("teams", { id: d.integer("id").primaryKey() });
      const members = d.sqliteTable(
        "members",
        {
          user: d
            .integer("user")
            .notNull()
            .references(() => users.id, { onDelete: "cascade" }),
          team: d
            .integer("team")
            .notNull()
            .references(() => teams.id),
          role: d
            .text("role", { enum: ["owner", "guest"] })
            .notNull()
            .default("guest"),
        },
        (t: typeof members) => [
          d.primaryKey({ columns: [t.user, t.team] }),
          d.unique("one_role").on(t.team, t.role),
        ],
      );
      return { users, teams, members };
    },
    kit: [
      "CREATE TABLE `users` (\n\t`id` integer PRIMARY KEY AUTOINCREMENT,\n\t`email` text NOT NULL UNIQUE,\n\t`nick` text CONSTRAINT `nick_once` UNIQUE,\n\t`boss` integer,\n\tCONSTRAINT `fk_users_boss_users_id_fk` FOREIGN KEY (`boss`) REFERENCES `users`(`id`) ON UPDATE CASCADE ON DELETE SET NULL\n);\n",
      "CREATE TABLE `teams` (\n\t`id` integer PRIMARY KEY\n);\n",
      "CREATE TABLE `members` (\n\t`user` integer NOT NULL,\n\t`team` integer NOT NULL,\n\t`role` text DEFAULT 'guest' NOT NULL,\n\tCONSTRAINT `members_pk` PRIMARY KEY(`user`, `team`),\n\tCONSTRAINT `fk_members_user_users_id_fk` FOREIGN KEY (`user`) REFERENCES `users`(`id`) ON DELETE CASCADE,\n\tCONSTRAINT `fk_members_team_teams_id_fk` FOREIGN KEY (`team`) REFERENCES `teams`(`id`),\n\tCONSTRAINT `one_role` UNIQUE(`team`,`role`)\n);\n",
    ],
  },
  {
    name: "defaults, generated columns, checks, indexes and a view",
    models: (d) => {
      const posts = d.sqliteTable(
        "posts",
        {
          id: d.integer("id").primaryKey(),
          title: d.text("title").notNull().default("it's"),
          views: d.integer("views").notNull().default(0),
          rating: d.real("rating").default(-1.5),
          isOpen: d.integer("is_open", { mode: "boolean" }).notNull().default(true),
          at: d
            .integer("at", { mode: "timestamp" })
            .notNull()
            .default(d.sql`(unixepoch())`),
          slug: d.text("slug").generatedAlwaysAs(d.sql`lower(title)`, { mode: "stored" }),
        },
        (t: typeof posts) => [
          d.index("posts_views").on(t.views, d.sql`title desc`),
          d
            .uniqueIndex("posts_lower")
            .on(d.sql`lower(${t.title})`)
            .where(d.sql`${t.views} > 0`),
          d.check("posts_views_check", d.sql`${t.views} >= 0`),
        ],
      );
      const popular = d
        .sqliteView("popular")
        .as((q: typeof d) =>
          q.select({ id: posts.id, title: posts.title }).from(posts).where(d.gt(posts.views, 10)),
        );
      return { posts, popular };
    },
    kit: [
      "CREATE TABLE `posts` (\n\t`id` integer PRIMARY KEY,\n\t`title` text DEFAULT 'it''s' NOT NULL,\n\t`views` integer DEFAULT 0 NOT NULL,\n\t`rating` real DEFAULT -1.5,\n\t`is_open` integer DEFAULT true NOT NULL,\n\t`at` integer DEFAULT (unixepoch()) NOT NULL,\n\t`slug` text GENERATED ALWAYS AS (lower(title)) STORED,\n\tCONSTRAINT \"posts_views_check\" CHECK(\"views\" >= 0)\n);\n",
      "CREATE INDEX `posts_views` ON `posts` (`views`,title desc);",
      'CREATE UNIQUE INDEX `posts_lower` ON `posts` (lower("title")) WHERE "posts"."views" > 0;',
      'CREATE VIEW `popular` AS select "id", "title" from "posts" where "posts"."views" > 10;',
    ],
  },
];
