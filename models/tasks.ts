import { sql } from "drizzle-orm";
import {
  check,
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  type AnySQLiteColumn,
} from "drizzle-orm/sqlite-core";
import { users } from "./users.ts";

export const tasks = sqliteTable(
  "tasks",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    parentId: integer("parent_id").references((): AnySQLiteColumn => tasks.id, { onDelete: "cascade" }),
    title: text("title").notNull(),
    description: text("description"),
    priority: integer("priority").notNull().default(2),
    completed: integer("completed", { mode: "boolean" }).notNull().default(false),
    dueDate: integer("due_date", { mode: "timestamp" }),
    remindAt: integer("remind_at", { mode: "timestamp" }),
    recurrencePattern: text("recurrence_pattern", { enum: ["daily", "weekly", "monthly", "yearly"] }),
    isRecurring: integer("is_recurring", { mode: "boolean" })
      .notNull()
      .generatedAlwaysAs(sql`recurrence_pattern IS NOT NULL`, { mode: "virtual" }),
    createdAt: integer("created_at", { mode: "timestamp" })
      .notNull()
      .default(sql`(unixepoch())`),
    updatedAt: integer("updated_at", { mode: "timestamp" })
      .notNull()
      .default(sql`(unixepoch())`)
      .$onUpdate(() => new Date()),
  },
  (table) => [
    index("tasks_user_id_idx").on(table.userId),
    index("tasks_parent_id_idx").on(table.parentId),
    index("tasks_open_due_date_idx")
      .on(table.userId, table.dueDate)
      .where(sql`${table.completed} = 0`),
    check("tasks_priority_check", sql`${table.priority} BETWEEN 1 AND 4`),
    check("tasks_remind_before_due_check", sql`${table.remindAt} <= ${table.dueDate}`),
  ],
);

export const tags = sqliteTable(
  "tags",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    color: text("color").notNull().default("#808080"),
  },
  (table) => [index("tags_user_id_idx").on(table.userId)],
);

export const taskTags = sqliteTable(
  "task_tags",
  {
    taskId: integer("task_id")
      .notNull()
      .references(() => tasks.id, { onDelete: "cascade" }),
    tagId: integer("tag_id")
      .notNull()
      .references(() => tags.id, { onDelete: "cascade" }),
  },
  (table) => [
    primaryKey({ columns: [table.taskId, table.tagId] }),
    index("task_tags_tag_id_idx").on(table.tagId),
  ],
);
