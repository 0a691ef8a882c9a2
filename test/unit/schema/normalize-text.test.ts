import { expect, test } from "vitest";
import { normalizeDefault } from "../../../src/schema/normalize-text.ts";

test.each([
  ["constructor", "'constructor'"],
  ["toString", "'toString'"],
  ["(valueOf)", "'valueOf'"],
  ["draft", "'draft'"],
  ["TRUE", "1"],
  ["false", "0"],
  ["NULL", null],
])("the default %s is %j in normal form", (sql, expected) => {
  expect(normalizeDefault(sql)).toBe(expected);
});
