import { expect, test } from "vitest";
import type { Change } from "../../../src/schema/change.ts";
import { describeChange } from "../../../src/schema/describe-change.ts";

const email = { kind: "column-altered", table: "users", column: "email" } as const;

const CASES: readonly (readonly [Change, string])[] = [
  [
    { ...email, property: "notNull", from: null, to: "NOT NULL" },
    "users.email: NOT NULL in the models, nullable in the database",
  ],
  [
    { ...email, property: "type", from: null, to: "text" },
    "users.email: type text in the models, no type in the database",
  ],
  [
    { ...email, property: "default", from: "'a'", to: null },
    "users.email: no default in the models, DEFAULT 'a' in the database",
  ],
  [
    { ...email, property: "collate", from: "NOCASE", to: null },
    "users.email: no COLLATE in the models, COLLATE NOCASE in the database",
  ],
  [
    { ...email, property: "generated", from: null, to: "(1) STORED" },
    "users.email: generated AS (1) STORED in the models, not generated in the database",
  ],
  [{ kind: "table-added", table: "users" }, "table users: only in the models"],
  [{ kind: "table-removed", table: "users" }, "table users: only in the database"],
  [{ kind: "column-added", table: "users", column: "age" }, "users.age: column only in the models"],
  [
    { kind: "column-order-altered", table: "users", from: ["a", "b"], to: ["b", "a"] },
    "users: column order b, a in the models, a, b in the database",
  ],
  [
    { kind: "primary-key-altered", table: "users", from: null, to: "PRIMARY KEY (id)" },
    "users: PRIMARY KEY (id) in the models, no primary key in the database",
  ],
  [
    { kind: "table-options-altered", table: "users", from: "STRICT", to: null },
    "users: an ordinary table in the models, STRICT in the database",
  ],
  [
    { kind: "check-removed", table: "users", definition: "CHECK (age > 1)" },
    "users: CHECK (age > 1) only in the database",
  ],
  [
    { kind: "index-added", table: "users", index: "by_age", definition: "(age)" },
    "index by_age on users: (age) only in the models",
  ],
  [
    { kind: "index-altered", table: "users", index: "by_age", from: "(age)", to: "(age DESC)" },
    "index by_age on users: (age DESC) in the models, (age) in the database",
  ],
  [{ kind: "virtual-table-added", name: "search" }, "virtual table search: only in the models"],
  [
    { kind: "trigger-altered", name: "log", from: "CREATE …", to: "CREATE …" },
    "trigger log: defined differently in the models and the database",
  ],
];

test.each(CASES)("%o reads well", (change, words) => {
  expect(describeChange(change)).toBe(words);
});

test("the two sides can have other words, and a description is one line", () => {
  const change: Change = { kind: "check-added", table: "t", definition: "CHECK (a\n > 1)" };
  expect(describeChange(change, { from: "the replica", to: "the primary" })).toBe(
    "t: CHECK (a > 1) only in the primary",
  );
});
