import { expect, test } from "vitest";
import { schemaFromCatalog } from "../../../src/schema/from-catalog.ts";
import { timeFromValue, timestampColumn } from "../../../src/schema/timestamp-column.ts";

function columnOf(table: string, index?: string) {
  const rows = [
    { type: "table", name: "t", table: "t", sql: table },
    ...(index === undefined ? [] : [{ type: "index", name: "i", table: "t", sql: index } as const]),
  ] as const;
  const [only] = schemaFromCatalog(rows).tables;
  return only && timestampColumn(only);
}

test.each([
  ["CREATE TABLE t (id, created_at, updated_at)", "updated_at"],
  ["CREATE TABLE t (id, createdAt)", "createdAt"],
  ['CREATE TABLE t (id, "Modified On", modified_on)', "modified_on"],
  ["CREATE TABLE t (id, timestamp)", "timestamp"],
])("%s is dated by %s", (sql, name) => {
  expect(columnOf(sql)).toEqual({ name, isIndexed: false });
});

test.each(["CREATE TABLE t (id, created_by, update_count, at)", "CREATE TABLE t (recreated_at)"])(
  "%s is not dated",
  (sql) => expect(columnOf(sql)).toBeNull(),
);

test.each([
  ["CREATE INDEX i ON t (created_at)", true],
  ['CREATE INDEX i ON t ("CREATED_AT" DESC, id)', true],
  ["CREATE INDEX i ON t (id, created_at)", false],
  ["CREATE INDEX i ON t (created_at) WHERE id > 1", false],
])("%s tells the newest row: %s", (index, isIndexed) => {
  expect(columnOf("CREATE TABLE t (id, created_at)", index)).toEqual({ name: "created_at", isIndexed });
});

test.each([
  [1_700_000_000, "2023-11-14T22:13:20.000Z"],
  [1_700_000_000_123, "2023-11-14T22:13:20.123Z"],
  ["2023-11-14 22:13:20", "2023-11-14T22:13:20.000Z"],
  ["2023-11-14T22:13:20.5+01:00", "2023-11-14T21:13:20.500Z"],
  ["2023-11-14", "2023-11-14T00:00:00.000Z"],
])("%o is a time", (value, iso) => {
  expect(timeFromValue(value)?.toISOString()).toBe(iso);
});

test.each([null, 0, -1, 2_460_000.5, "soon", "2023-99-99", "1.7e9", 1e300, 2n ** 60n])(
  "%o is no time",
  (value) => {
    expect(timeFromValue(value)).toBeNull();
  },
);
