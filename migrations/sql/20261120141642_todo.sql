-- Clean Slate migration
-- version:     0.1.0
-- created:     2026-11-20T14:16:42.170Z
-- fingerprint: ea6adf0a6c566da5
-- creates:     6 tables, 8 indexes, 1 view
--
-- This file is for review: apply-migration drops every object first, then creates what stands here.

CREATE TABLE "users" (
  "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
  "email" text NOT NULL,
  "name" text NOT NULL,
  "timezone" text NOT NULL DEFAULT 'UTC',
  "created_at" integer NOT NULL DEFAULT (unixepoch())
);
CREATE UNIQUE INDEX "users_email_unique" ON "users" (lower("email"));

CREATE TABLE "conversations" (
  "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
  "user_id" integer NOT NULL,
  "title" text,
  "created_at" integer NOT NULL DEFAULT (unixepoch()),
  FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);
CREATE INDEX "conversations_user_id_idx" ON "conversations" ("user_id");

CREATE TABLE "messages" (
  "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
  "conversation_id" integer NOT NULL,
  "role" text NOT NULL,
  "content" text NOT NULL,
  "tool_calls" text NOT NULL DEFAULT '[]',
  "created_at" integer NOT NULL DEFAULT (unixepoch()),
  FOREIGN KEY ("conversation_id") REFERENCES "conversations" ("id") ON DELETE CASCADE
);
CREATE INDEX "messages_conversation_id_created_at_idx" ON "messages" ("conversation_id", "created_at");

CREATE TABLE "tags" (
  "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
  "user_id" integer NOT NULL,
  "name" text NOT NULL,
  "color" text NOT NULL DEFAULT '#808080',
  FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);
CREATE INDEX "tags_user_id_idx" ON "tags" ("user_id");

CREATE TABLE "tasks" (
  "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
  "user_id" integer NOT NULL,
  "parent_id" integer,
  "title" text NOT NULL,
  "description" text,
  "priority" integer NOT NULL DEFAULT 2,
  "completed" integer NOT NULL DEFAULT 0,
  "due_date" integer,
  "remind_at" integer,
  "recurrence_pattern" text,
  "is_recurring" integer NOT NULL GENERATED ALWAYS AS (recurrence_pattern IS NOT NULL) VIRTUAL,
  "created_at" integer NOT NULL DEFAULT (unixepoch()),
  "updated_at" integer NOT NULL DEFAULT (unixepoch()),
  FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE,
  FOREIGN KEY ("parent_id") REFERENCES "tasks" ("id") ON DELETE CASCADE,
  CONSTRAINT "tasks_priority_check" CHECK ("priority" BETWEEN 1 AND 4),
  CONSTRAINT "tasks_remind_before_due_check" CHECK ("remind_at" <= "due_date")
);
CREATE INDEX "tasks_user_id_idx" ON "tasks" ("user_id");
CREATE INDEX "tasks_parent_id_idx" ON "tasks" ("parent_id");
CREATE INDEX "tasks_open_due_date_idx" ON "tasks" ("user_id", "due_date") WHERE "completed" = 0;

CREATE TABLE "task_tags" (
  "task_id" integer NOT NULL,
  "tag_id" integer NOT NULL,
  PRIMARY KEY ("task_id", "tag_id"),
  FOREIGN KEY ("task_id") REFERENCES "tasks" ("id") ON DELETE CASCADE,
  FOREIGN KEY ("tag_id") REFERENCES "tags" ("id") ON DELETE CASCADE
);
CREATE INDEX "task_tags_tag_id_idx" ON "task_tags" ("tag_id");

CREATE VIEW "upcoming_tasks" AS select "tasks"."id", "tasks"."title", "tasks"."due_date", "users"."email" from "tasks" inner join "users" on "users"."id" = "tasks"."user_id" where ("tasks"."completed" = 0 and "tasks"."due_date" is not null);
