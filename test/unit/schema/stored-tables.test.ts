import { expect, test } from "vitest";
import { storedTables } from "../../../src/schema/stored-tables.ts";
import { catalogOf, withDatabase } from "./catalog.ts";

test("what is empty is not read, but for a table that has rows as soon as it is made", async () => {
  const statements = ["CREATE TABLE a (x)", "CREATE TABLE b (x)", "CREATE VIRTUAL TABLE ft USING fts5(t)"];
  const rows = await withDatabase(statements, catalogOf);
  const read = (...empty: readonly string[]) =>
    storedTables(rows, new Set(empty)).map(({ name, isPrefilled }) =>
      isPrefilled ? `${name}, cleared first` : name,
    );
  expect(read()).toEqual(expect.arrayContaining(["a", "b", "ft_data, cleared first"]));
  expect(read("a", "ft_data")).toEqual(read().filter((name) => name !== "a"));
});
