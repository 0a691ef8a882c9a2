import { eq, relations, sql } from "drizzle-orm";
import { check, integer, sqliteTable, sqliteView, text } from "drizzle-orm/sqlite-core";

/** A small schema for tests of the test helper: constraints, a view and relations. */
export const users = sqliteTable(
  "users",
  {
    id: integer().primaryKey(),
    email: text().notNull().unique(),
    age: integer(),
  },
  (table) => [check("grown", sql`${table.age} >= 18`)],
);

export const orders = sqliteTable("orders", {
  id: integer().primaryKey(),
  userId: integer("user_id")
    .notNull()
    .references(() => users.id, { onDelete: "cascade" }),
  note: text().notNull().default("it's; new"),
});

export const orderEmails = sqliteView("order_emails").as((query) =>
  query.select({ email: users.email }).from(orders).innerJoin(users, eq(users.id, orders.userId)),
);

export const userRelations = relations(users, ({ many }) => ({ orders: many(orders) }));

export const orderRelations = relations(orders, ({ one }) => ({
  user: one(users, { fields: [orders.userId], references: [users.id] }),
}));
