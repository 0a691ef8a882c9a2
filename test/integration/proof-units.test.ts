import { expect, test } from "vitest";
import { executeStatements } from "../../src/database/scratch.ts";
import type { Statement } from "../../src/schema/create.ts";
import { statementsFromSqlFile } from "../../src/schema/from-sql-files.ts";

const statementsOf = (text: string): Statement[] => statementsFromSqlFile({ file: "all.sql", text });

const SOUND = `
CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT, d_id REFERENCES d (id) ON DELETE CASCADE);
CREATE UNIQUE INDEX a_code ON a (code);
CREATE INDEX a_d ON a (d_id);
CREATE TABLE b (id INTEGER PRIMARY KEY, a_code REFERENCES a (code) ON DELETE SET NULL ON UPDATE CASCADE, b_id REFERENCES b);
CREATE TABLE c (id INTEGER PRIMARY KEY AUTOINCREMENT, b_id REFERENCES b ON DELETE CASCADE, n INT UNIQUE);
CREATE TABLE d (id INTEGER PRIMARY KEY, c_id REFERENCES c ON DELETE CASCADE);
CREATE VIRTUAL TABLE words USING fts5 (code, content='a', content_rowid='id');
CREATE VIEW pairs AS SELECT a.id, b.id AS other FROM a JOIN b ON b.a_code = a.code;
CREATE VIEW many AS SELECT count(*) AS n FROM pairs;
CREATE TRIGGER a_gone AFTER DELETE ON a BEGIN
  INSERT INTO c (n) VALUES (1) ON CONFLICT (n) DO UPDATE SET b_id = NULL;
  DELETE FROM d WHERE id = old.id;
END;
`;

test("a schema of every kind, with a cycle of foreign keys, is proven in parts", () => {
  const rows = executeStatements(statementsOf(SOUND), 1);
  const names = rows.filter(({ sql }) => sql !== null).map(({ type, name }) => `${type} ${name}`);
  const expected = ["table a", "index a_code", "index a_d", "table b", "table c", "table d"];
  expect(names.filter((name) => !name.includes("words_"))).toEqual([
    ...expected.slice(0, 3),
    ...expected.slice(3),
    "table words",
    "view pairs",
    "view many",
    "trigger a_gone",
  ]);
});

test.each([
  ["a foreign key to no table", "CREATE TABLE e (x REFERENCES nowhere (id));", /table "e" .*nowhere/],
  ["a foreign key to no key", "CREATE TABLE e (x REFERENCES d (c_id));", /table "e" .*foreign key mismatch/],
  ["a column that is not there", "CREATE INDEX e ON b (nothing);", /index "e" .*nothing/],
  ["an index without a table", "CREATE INDEX e ON nowhere (x);", /index "e" .*nowhere/],
  ["a name that is taken", "CREATE INDEX c ON a (id);", /already a table named c/],
  ["a text that is no SQL", "CREATE TABLE e (x, CHECK);", /table "e" .*syntax error/],
  ["a view of no column", "CREATE VIEW e AS SELECT nothing FROM c;", /view "e" .*nothing/],
  [
    "a view of a view that lacks a column",
    "CREATE VIEW e AS SELECT nothing FROM many;",
    /view "e" .*nothing/,
  ],
  [
    "a trigger that writes no column",
    "CREATE TRIGGER e AFTER INSERT ON b BEGIN UPDATE c SET nothing = 1; END;",
    /trigger "e" .*nothing/,
  ],
  [
    "a trigger without a unique index",
    "CREATE TRIGGER e AFTER INSERT ON b BEGIN INSERT INTO a (d_id) VALUES (1) ON CONFLICT (d_id) DO NOTHING; END;",
    /trigger "e" .*ON CONFLICT/,
  ],
  [
    "a generated column that a foreign key would set",
    "CREATE TABLE e (x INT, y INT AS (x) REFERENCES a (id) ON DELETE SET NULL);",
    /generated column/,
  ],
])("%s is found and named in parts as in the whole", (_case, sql, message) => {
  const statements = statementsOf(SOUND + sql);
  expect(() => executeStatements(statements)).toThrow(message);
  expect(() => executeStatements(statements, 1)).toThrow(message);
});
