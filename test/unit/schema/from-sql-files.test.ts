import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createStatements } from "../../../src/schema/create.ts";
import { statementsFromSqlFile } from "../../../src/schema/from-sql-files.ts";
import { repoPath } from "../../support/paths.ts";

const FOLDER = repoPath("test/golden/sql-files");
const EMPTY = { tables: [], virtualTables: [], views: [], triggers: [] };

const read = (text: string) => statementsFromSqlFile({ file: "a.sql", text });

test.each(readdirSync(FOLDER).filter((name) => name.endsWith(".sql")))(
  "%s is split as it is meant",
  async (file) => {
    const text = readFileSync(`${FOLDER}/${file}`, "utf8");
    const statements = statementsFromSqlFile({ file, text });
    const shown = statements.map(({ origin, kind, name, table, comment, sql }) =>
      [
        `# ${origin}: ${kind} <${name}>${table === null ? "" : ` on <${table}>`}`,
        ...(comment?.split("\n") ?? []).map((line) => `# | ${line}`),
        sql,
      ].join("\n"),
    );
    await expect(`${shown.join("\n\n")}\n`).toMatchFileSnapshot(
      `${FOLDER}/${file.replace(".sql", ".golden")}`,
    );
  },
);

test("windows line ends, a byte order mark and no semicolon at the end do no harm", () => {
  expect(
    read("\uFEFF-- why\r\nCREATE VIEW v AS\r\nSELECT 1;\r\n\r\nCREATE VIEW w AS SELECT 2"),
  ).toMatchObject([
    { origin: "a.sql:2", sql: "CREATE VIEW v AS\r\nSELECT 1", comment: "why" },
    { origin: "a.sql:5", sql: "CREATE VIEW w AS SELECT 2", comment: null },
  ]);
});

test("a CREATE of something JavaScript knows and SQLite does not is refused like any other", () => {
  expect(() => read("CREATE constructor x")).toThrow(expect.objectContaining({ code: "MODELS_INVALID" }));
});

test("a file of comments holds nothing", () => {
  expect(read("-- one\n/* two; */\n;")).toEqual([]);
});

describe("anything else is refused by name and line", () => {
  test.each([
    ["\n\nINSERT INTO t VALUES (1)", /^a\.sql:3: INSERT is refused$/],
    ["CREATE VIEW v AS SELECT 1;\nDROP TABLE t", /^a\.sql:2: DROP TABLE "t" is refused$/],
    ["ALTER TABLE t ADD x", /^a\.sql:1: ALTER TABLE "t" is refused$/],
    ["PRAGMA foreign_keys = OFF", /PRAGMA is refused/],
    ["ATTACH 'x.db' AS x", /ATTACH is refused/],
    ["BEGIN; COMMIT", /BEGIN is refused/],
    ["WITH c AS (SELECT 1) DELETE FROM t", /WITH is refused/],
    [
      "drop everything you have, then go and see what is left",
      /"drop everything you have.*is refused|DROP EVERYTHING/,
    ],
    ["CREATE TEMP VIEW v AS SELECT 1", /CREATE TEMPORARY VIEW "v" is refused/],
    [
      "CREATE TRIGGER temp.g AFTER INSERT ON t BEGIN SELECT 1; END",
      /CREATE TEMPORARY TRIGGER "g" is refused/,
    ],
    ["CREATE TABLE other.t (a)", /the database "other" is named/],
    ["CREATE TABLE t AS SELECT 1 AS a", /CREATE TABLE "t" AS SELECT is refused/],
    [
      "CREATE VIEW v AS SELECT 1;\n/* and then\nCREATE VIEW w AS SELECT 2;",
      /^a\.sql:2: a comment is not closed$/,
    ],
    ["CREATE VIEW v AS SELECT 1\0;\nCREATE VIEW w AS SELECT 2;", /^a\.sql:1: there is a NUL character$/],
    ["CREATE TABLE", /CREATE TABLE has no name/],
  ])("%j", (text, message) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: "MODELS_INVALID", message: expect.stringMatching(message) as string }),
    );
  });
});

test("objects come in an order that works, whatever the order of the file", () => {
  const written = read(`
    CREATE TRIGGER g AFTER INSERT ON a BEGIN INSERT INTO s (rowid, x) VALUES (1, new.x); END;
    CREATE VIEW v2 AS SELECT * FROM v1; CREATE VIEW v1 AS SELECT * FROM s;
    CREATE VIRTUAL TABLE words USING fts5vocab(search, 'row'); CREATE VIRTUAL TABLE search USING fts5(x);
    CREATE VIRTUAL TABLE s USING fts5(x);
    CREATE INDEX i ON a (x); CREATE TABLE a (x REFERENCES b); CREATE TABLE b (x PRIMARY KEY);
  `);
  const names = createStatements(EMPTY, written).map(({ name }) => name);
  expect(names).toEqual(["b", "a", "i", "s", "search", "words", "v1", "v2", "g"]);
});
