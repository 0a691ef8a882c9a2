import { createClient } from "@libsql/client/sqlite3";
import { expect, test } from "vitest";
import { identifiersIn, isConstant, isParenthesised, trimSql } from "../../../src/sql/expression.ts";

const client = createClient({ url: ":memory:" });

const executes = (sql: string) =>
  client.execute(`EXPLAIN ${sql}`).then(
    () => true,
    () => false,
  );

const CONSTANTS = [
  "1",
  "-1.5e3",
  "+ 2",
  "'it''s'",
  "x'00'",
  "NULL",
  "true",
  "CURRENT_TIMESTAMP",
  "/* c */ 7 -- d",
  "0x1F",
];
const EXPRESSIONS = [
  "unixepoch()",
  "1 + 1",
  "- 'a'",
  "(1) + (2)",
  "a || b",
  "not 1",
  "- -1",
  "CURRENT_TIMESTAMP || ''",
];

test.each(CONSTANTS)("%s may follow DEFAULT as it stands, and SQLite agrees", async (text) => {
  expect(isConstant(text)).toBe(true);
  expect(await executes(`CREATE TABLE t (a DEFAULT ${trimSql(text)})`)).toBe(true);
});

test.each(EXPRESSIONS)("%s is no constant", (text) => {
  expect(isConstant(text)).toBe(false);
});

test.each([
  ["(1)", true],
  ["((1) + (2))", true],
  ["(')')", true],
  ["(1 /* ) */)", true],
  ["(1) + (2)", false],
  ["1", false],
  ["(1", false],
  ["", false],
])("whether %s is one group in parentheses: %s", (text, expected) => {
  expect(isParenthesised(text)).toBe(expected);
});

test("comments and blanks are cut off both ends, never from the middle", () => {
  expect(trimSql(" /* a */ 1 /* b */ + 2 -- c")).toBe("1 /* b */ + 2");
  expect(trimSql("'-- text'")).toBe("'-- text'");
  expect(trimSql(" -- nothing")).toBe("");
});

test("names are found bare and in every quoting, text is not one", () => {
  const names = identifiersIn(`SELECT a, "b c", [d], \`e\` FROM f WHERE x = 'text' -- comment`);
  expect(names).toEqual(expect.arrayContaining(["a", "b c", "d", "e", "f", "x"]));
  expect(names).not.toEqual(expect.arrayContaining(["text"]));
  expect(names).not.toContain("comment");
});
