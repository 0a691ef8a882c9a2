import { eq } from "drizzle-orm";
import { expect } from "vitest";
import * as conversations from "../../models/conversations.ts";
import * as tasks from "../../models/tasks.ts";
import * as users from "../../models/users.ts";
import * as views from "../../models/views.ts";
import { databaseTest } from "../../src/testing/vitest.ts";

const schema = { ...users, ...tasks, ...conversations, ...views };
const test = databaseTest({ schema });

const person = { id: 1, email: "Ada@example.com", name: "Ada" };

test("the example models show open tasks with a due date, beside their person", async ({ db }) => {
  await db.insert(schema.users).values(person);
  const dueDate = new Date("2030-01-01T00:00:00Z");
  await db.insert(schema.tasks).values([
    { userId: 1, title: "due", dueDate },
    { userId: 1, title: "done", dueDate, completed: true },
    { userId: 1, title: "some day", recurrencePattern: "weekly" },
  ]);
  expect(await db.select().from(schema.upcomingTasks)).toEqual([
    { taskId: 1, title: "due", dueDate, email: person.email },
  ]);
  const recurring = await db.select().from(schema.tasks).where(eq(schema.tasks.isRecurring, true));
  expect(recurring.map(({ title }) => title)).toEqual(["some day"]);
});

test("the example models refuse a second address in other letters, and take everything of a person with them", async ({
  db,
}) => {
  await db.insert(schema.users).values(person);
  const again = db.insert(schema.users).values({ ...person, id: 2, email: "ada@EXAMPLE.com" });
  await expect(again).rejects.toMatchObject({ cause: { message: expect.stringContaining("UNIQUE") } });
  await db.insert(schema.conversations).values({ id: 1, userId: 1 });
  await db.insert(schema.messages).values({ conversationId: 1, role: "user", content: "hello" });
  await db.delete(schema.users);
  expect(await db.$count(schema.messages)).toBe(0);
});
