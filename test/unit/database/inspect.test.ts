import { connect, IN_MEMORY, rowsOf } from "../../../src/database/sqlite.ts";
import { catalogFromRead, READ_CATALOG, snapshotFromReads } from "../../../src/database/inspect.ts";
import { expect, test } from "vitest";

const ROWS = `SELECT type, name, tbl_name AS "table", sql FROM sqlite_schema ORDER BY rowid`;

/** What is read of a database after a script, and its rows as they are. */
function readAfter(script: string) {
  const connection = connect(IN_MEMORY);
  try {
    connection.exec(script);
    return { read: catalogFromRead(rowsOf(connection, READ_CATALOG)), rows: rowsOf(connection, ROWS) };
  } finally {
    connection.close();
  }
}

test.each([
  ["nothing", ""],
  ["indexes that SQLite makes", "CREATE TABLE t (a UNIQUE, b, PRIMARY KEY (a, b))"],
  [
    "names of any characters",
    `CREATE TABLE "a'""\n\\ü😀\u2028\u007f[]{}" (x); CREATE INDEX "\t" ON "a'""\n\\ü😀\u2028\u007f[]{}" (x)`,
  ],
  ["control characters", `CREATE TABLE t (x CHECK (x <> '\u0001\b\f\r\u001f\\u0041'))`],
  [
    "another order than that of names",
    "CREATE TABLE b (x); CREATE VIEW z AS SELECT 1; CREATE TABLE a (x); CREATE INDEX i ON b (x)",
  ],
  [
    "a table of a missing module",
    `PRAGMA writable_schema=1; INSERT INTO sqlite_schema VALUES ('table', 'v', 'v', 0, 'CREATE VIRTUAL TABLE v USING gone(a)')`,
  ],
  [
    "thousands of tables",
    `PRAGMA writable_schema=1; WITH RECURSIVE n(i) AS (SELECT 9000 UNION ALL SELECT i - 1 FROM n WHERE i > 1)
     INSERT INTO sqlite_schema SELECT 'table', 't' || i, 't' || i, 2, 'CREATE TABLE t' || i || ' (x)' FROM n`,
  ],
])("a catalog with %s is read row by row as it is", (_, script) => {
  const { read, rows } = readAfter(script);
  expect(read).toEqual(rows);
});

test("a catalog whose texts are none is read as SQLite takes it", () => {
  const { read } = readAfter(
    `CREATE TABLE t (x); PRAGMA writable_schema=1; UPDATE sqlite_schema SET sql = CAST(sql AS BLOB);
     INSERT INTO sqlite_schema VALUES ('view', 5, 5, 0, 'CREATE VIEW "5" AS SELECT 1')`,
  );
  expect(read).toEqual([
    { type: "table", name: "t", table: "t", sql: "CREATE TABLE t (x)" },
    { type: "view", name: "5", table: "5", sql: 'CREATE VIEW "5" AS SELECT 1' },
  ]);
});

test("rows are made of a text once, and only when they are asked for", () => {
  const snapshot = snapshotFromReads([[{ catalog: '[["table","t","t","CREATE TABLE t (x)"]]' }], []]);
  expect(snapshot.rows).toEqual([{ type: "table", name: "t", table: "t", sql: "CREATE TABLE t (x)" }]);
  expect(snapshot.rows).toBe(snapshot.rows);
  expect(snapshotFromReads([[{ catalog: "no text" }], []]).text).toBe("no text");
  expect(snapshotFromReads([]).rows).toEqual([]);
});
