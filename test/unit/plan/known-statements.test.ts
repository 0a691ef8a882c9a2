import * as fc from "fast-check";
import { expect, test } from "vitest";
import { partsOf } from "../../../src/plan/known-statements.ts";
import { parseMigration, renderMigration } from "../../../src/plan/migration-text.ts";
import type { Statement } from "../../../src/schema/create.ts";

const HEADER = { version: "1.2.3", created: "2026-01-02T03:04:05.000Z", fingerprint: "0123456789abcdef" };

const statement = (kind: Statement["kind"], name: string, sql: string): Statement => ({
  kind,
  name,
  sql,
  table: null,
  comment: null,
});

const KNOWN = [
  statement("table", "a", "CREATE TABLE \"a\" (\n  id INTEGER DEFAULT ';'\n)"),
  statement("index", "i", 'CREATE INDEX "i" ON "a" (id)'),
  statement("trigger", "g", "CREATE TRIGGER g AFTER INSERT ON a BEGIN SELECT 1;\nSELECT 2; END"),
  statement("view", "v", "CREATE VIEW v AS SELECT '--', \"/*\" FROM a"),
];
const written = KNOWN.map(({ sql }) => `${sql};\n`);

/** What an edited file may hold between known statements, some of it only at first sight whole. */
const PIECES = [
  ...written,
  "CREATE TABLE b (x);\n",
  "CREATE VIEW w AS SELECT ';\n" + written[0] + "';\n",
  "CREATE TRIGGER h AFTER DELETE ON a BEGIN SELECT 1;\n",
  " SELECT 2; END;\n",
  "CREATE VIEW u AS SELECT 1 /* ;\n",
  "*/;\n",
  "-- " + written[1],
  "/* " + written[0] + " */\n",
  "'\n",
  "\r\n",
  "\u00a0",
  "\v",
  "-- \0\n",
  ";\n",
  "DROP TABLE a;\n",
  'CREATE TABLE "a" (\n  id INTEGER\n);\n',
  'CREATE INDEX "i" ON "a" (id)\n',
];

function read(text: string, known: readonly Statement[]): unknown {
  try {
    return parseMigration("a.sql", text, known).map(({ kind, name, sql }) => [kind, name, sql]);
  } catch (error) {
    return String(error);
  }
}

test("a file says the same whatever is known, down to the line of its fault", () => {
  const header = renderMigration(HEADER, []);
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }), (pieces) => {
      const text = header + pieces.join("");
      expect(read(text, KNOWN)).toEqual(read(text, []));
    }),
    { numRuns: 3000 },
  );
});

test("of a file in which one table was edited that table is read", () => {
  const script = [written[0], written[1], "\nCREATE TABLE b (\n  x\n);\n", written[2], "\n", written[3]].join(
    "",
  );
  const unread = partsOf(script, KNOWN).flatMap((part) =>
    "statement" in part ? [] : [script.slice(part.start, part.end).trim()],
  );
  expect(unread).toEqual(["CREATE TABLE b (\n  x\n);", ""]);
});
