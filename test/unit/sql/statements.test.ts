import { expect, test } from "vitest";
import { splitStatements, terminated, statementKind } from "../../../src/sql/statements.ts";

const sqlOf = (script: string): string[] => splitStatements(script).map(({ sql }) => sql);

test("a script is split at its semicolons and the semicolons are dropped", () => {
  expect(sqlOf("SELECT 1;SELECT 2 ;\n SELECT 3")).toEqual(["SELECT 1", "SELECT 2", "SELECT 3"]);
});

test("empty statements and comments alone are no statements", () => {
  expect(sqlOf("")).toEqual([]);
  expect(sqlOf(" ; ;; -- nothing ; here\n /* ; */ ;")).toEqual([]);
});

test("comments inside a statement stay, those around it go", () => {
  expect(sqlOf("-- first;\nSELECT /* ; */ 1 -- tail;\n; -- end")).toEqual(["SELECT /* ; */ 1"]);
});

test.each(["';'", '";"', "`;`", "[;]", "'a'';'", "x'3b'"])(
  "a semicolon inside %s does not split",
  (quoted) => {
    expect(sqlOf(`SELECT ${quoted}; SELECT 2`)).toEqual([`SELECT ${quoted}`, "SELECT 2"]);
  },
);

test("a trigger body stays in one statement", () => {
  const trigger = `CREATE TEMP TRIGGER "end" AFTER INSERT ON a WHEN new.x = CASE WHEN 1 THEN 2 END BEGIN
    SELECT CASE WHEN new.x THEN RAISE(ABORT, 'no; END;') END;
    UPDATE a SET "end" = 1; /* END; */
  END`;
  expect(sqlOf(`${trigger};SELECT 2;`)).toEqual([trigger, "SELECT 2"]);
});

test("BEGIN and END outside a trigger are statements", () => {
  expect(sqlOf("BEGIN; SELECT 1; END; SELECT 2")).toEqual(["BEGIN", "SELECT 1", "END", "SELECT 2"]);
});

test("a table called trigger does not open a body", () => {
  expect(sqlOf("CREATE TABLE trigger (a); SELECT 1")).toEqual(["CREATE TABLE trigger (a)", "SELECT 1"]);
});

test("a statement knows the line of its first token", () => {
  const script = "\n-- comment\nSELECT 1;\n\n/* two\nlines */ SELECT\n2; SELECT 3";
  expect(splitStatements(script).map(({ line }) => line)).toEqual([3, 6, 7]);
});

const created = (object: string, name: string, temporary = false) => ({
  verb: "CREATE",
  object,
  name,
  temporary,
});

test.each([
  ["create table if not exists main.users (id)", created("TABLE", "users")],
  ["CREATE TEMP TABLE 'a b'(x)", created("TABLE", "a b", true)],
  ["CREATE UNIQUE INDEX [i;x] ON t(a)", created("INDEX", "i;x")],
  ["CREATE INDEX i ON t(a)", created("INDEX", "i")],
  ["/* c */ CREATE VIEW `v` AS SELECT 1", created("VIEW", "v")],
  ["CREATE TEMPORARY TRIGGER t AFTER INSERT ON a", created("TRIGGER", "t", true)],
  ["CREATE TABLE IF NOT EXISTS Temp.t(x)", created("TABLE", "t", true)],
  ['CREATE VIRTUAL TABLE "temp".f USING fts5(a)', created("VIRTUAL TABLE", "f", true)],
  ["CREATE TABLE main.temp(x)", created("TABLE", "temp")],
  ["CREATE VIRTUAL TABLE IF NOT EXISTS ft USING fts5(a)", created("VIRTUAL TABLE", "ft")],
  ["CREATE TABLE if (a)", created("TABLE", "if")],
  ['DROP TABLE IF EXISTS "a""b"', { verb: "DROP", object: "TABLE", name: 'a"b' }],
  ["alter table t rename to u", { verb: "ALTER", object: "TABLE", name: "t" }],
  ["insert into t values (1)", { verb: "INSERT" }],
  ["PRAGMA user_version = 3", { verb: "PRAGMA" }],
  ["WITH c AS (SELECT 1) SELECT * FROM c", { verb: "WITH" }],
  ["CREATE something", { verb: "OTHER" }],
  ["CREATE constructor x", { verb: "OTHER" }],
  ["nonsense", { verb: "OTHER" }],
  ["", { verb: "OTHER" }],
])("%s is classified by its first words", (sql, kind) => {
  expect(statementKind(sql)).toEqual(kind);
});

test("a terminated statement keeps its text, and a comment at its end does not take the semicolon", () => {
  expect(terminated("CREATE TABLE a (b)")).toBe("CREATE TABLE a (b);\n");
  const script = terminated("CREATE TABLE a (b) -- why") + terminated("CREATE TABLE c (d)");
  expect(splitStatements(script).map(({ sql }) => sql)).toEqual(["CREATE TABLE a (b)", "CREATE TABLE c (d)"]);
});
