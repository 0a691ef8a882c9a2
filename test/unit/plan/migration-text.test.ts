import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  fingerprintInHeader,
  parseMigration,
  renderMigration,
  summarize,
} from "../../../src/plan/migration-text.ts";
import { createStatements, type Statement } from "../../../src/schema/create.ts";
import { identifier } from "../../../src/sql/identifier.ts";
import { literal } from "../../../src/sql/literal.ts";
import { schemaOf } from "../schema/catalog.ts";
import { names } from "../schema/random-table.ts";

const HEADER = { version: "1.2.3", created: "2026-01-02T03:04:05.000Z", fingerprint: "0123456789abcdef" };

const table = (name: string, text: string): Statement => ({
  kind: "table",
  name,
  sql: `CREATE TABLE ${identifier(name)} (\n  a DEFAULT ${literal(text)}\n)`,
  table: null,
  comment: null,
});

describe("the text of a migration", () => {
  test("is read back as the same statements, whatever their names and texts", () => {
    const texts = fc.string({
      unit: fc.constantFrom("'", ";", "-", "/", "*", "\n", '"', "x"),
      maxLength: 12,
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(names, texts), { minLength: 1, maxLength: 4 }), (list) => {
        const statements = list.map(([name, text]) => table(`t ${name}`, text));
        const text = renderMigration(HEADER, statements);
        expect(parseMigration("a.sql", text)).toEqual(statements);
        expect(
          parseMigration(
            "a.sql",
            text.replace(/^(?:--.*\n)+/, (header) => header.replaceAll("\n", "\r\n")),
          ),
        ).toEqual(statements);
        expect(fingerprintInHeader(text)).toBe(HEADER.fingerprint);
      }),
      { numRuns: 300 },
    );
  });

  test("keeps every kind of object, and every comment out of the statements", async () => {
    const schema = await schemaOf(
      "CREATE TABLE hen (id INTEGER PRIMARY KEY, egg REFERENCES egg (id))",
      "CREATE TABLE egg (id INTEGER PRIMARY KEY, hen REFERENCES hen (id))",
      "CREATE UNIQUE INDEX i ON hen (egg)",
      "CREATE VIRTUAL TABLE ft USING fts5(t)",
      "CREATE VIEW v AS SELECT 1 AS one",
      "CREATE TRIGGER tr AFTER INSERT ON hen BEGIN SELECT 1; SELECT 2; END",
    );
    const statements = createStatements(schema);
    const text = renderMigration(HEADER, statements);
    expect(text).toContain("\n-- a foreign-key cycle: references");
    expect(parseMigration("a.sql", text).map(({ kind, name, sql }) => [kind, name, sql])).toEqual(
      statements.map(({ kind, name, sql }) => [kind, name, sql]),
    );
  });

  test("begins with what a reviewer wants to know", () => {
    expect(
      renderMigration(HEADER, [table("a", ""), table("b", "")])
        .split("\n")
        .slice(0, 7),
    ).toEqual([
      "-- Clean Slate migration",
      "-- version:     1.2.3",
      "-- created:     2026-01-02T03:04:05.000Z",
      "-- fingerprint: 0123456789abcdef",
      "-- creates:     2 tables",
      "--",
      "-- This file is for review: apply-migration drops every object first, then creates what stands here.",
    ]);
  });
});

test.each([
  [
    "a comment that is not closed",
    "CREATE TABLE a (x) /* open\n; CREATE TABLE b (x);\n",
    /line 9: a comment is not closed/,
  ],
  ["a NUL character", "CREATE TABLE a (x);\n\0 CREATE TABLE b (x);\n", /line 10: there is a NUL character/],
])("%s is refused: it would lose the statements after it", (_, script, message) => {
  expect(() => parseMigration("a.sql", renderMigration(HEADER, []) + script)).toThrow(message);
});

test("kinds are counted in words", () => {
  const kinds = ["table", "index", "index", "view", "trigger", "trigger", "virtual table"] as const;
  expect(summarize(kinds.map((kind) => ({ kind })))).toBe(
    "1 table, 2 indexes, 1 virtual table, 1 view, 2 triggers",
  );
  expect(summarize([])).toBe("nothing");
});
