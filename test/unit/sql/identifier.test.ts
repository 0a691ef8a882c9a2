import { createClient } from "@libsql/client/sqlite3";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { foldName, identifier } from "../../../src/sql/identifier.ts";
import { names } from "../schema/random-table.ts";

const client = createClient({ url: ":memory:" });

const anyName = fc.oneof(
  names,
  fc.string({ unit: "binary", maxLength: 12 }).filter((name) => !name.includes("\0") && name.isWellFormed()),
  fc.string({ unit: fc.constantFrom('"', "'", "`", "]", ";", "-", "\n", "a", " "), maxLength: 8 }),
);

test("a quoted name is one name to SQLite, and that one", async () => {
  await fc.assert(
    fc.asyncProperty(anyName, async (name) => {
      const { columns } = await client.execute(`SELECT 1 AS ${identifier(name)}`);
      expect(columns).toEqual([name]);
    }),
    { numRuns: 500 },
  );
});

test("names are the same to us when they are the same to SQLite", async () => {
  const letters = fc.string({
    unit: fc.constantFrom("a", "A", "z", "Z", "ä", "Ä", "ß", "İ", "ı", "_"),
    minLength: 1,
    maxLength: 3,
  });
  await fc.assert(
    fc.asyncProperty(letters, letters, async (first, second) => {
      const sql = `SELECT ${identifier(second)} FROM (SELECT 1 AS ${identifier(first)})`;
      const isFound = await client.execute(sql).then(
        () => true,
        () => false,
      );
      expect(foldName(first) === foldName(second)).toBe(isFound);
    }),
    { numRuns: 300 },
  );
});

test.each(["a\0b", "\ud800"])("a name that SQLite cannot keep is refused: %j", (name) => {
  expect(() => identifier(name)).toThrow(RangeError);
});
