import { and, eq, isNotNull } from "drizzle-orm";
import { sqliteView } from "drizzle-orm/sqlite-core";
import { tasks } from "./tasks.ts";
import { users } from "./users.ts";

/** Open tasks with a due date, beside the person they belong to. */
export const upcomingTasks = sqliteView("upcoming_tasks").as((query) =>
  query
    .select({ taskId: tasks.id, title: tasks.title, dueDate: tasks.dueDate, email: users.email })
    .from(tasks)
    .innerJoin(users, eq(users.id, tasks.userId))
    .where(and(eq(tasks.completed, false), isNotNull(tasks.dueDate))),
);
