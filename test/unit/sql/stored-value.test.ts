import { createClient } from "@libsql/client/sqlite3";
import fc from "fast-check";
import { expect, test } from "vitest";
import { balanced } from "../../../src/sql/balanced.ts";
import { kindsOf, readable, storedLiteral } from "../../../src/sql/stored-value.ts";

const client = createClient({ url: ":memory:", intMode: "bigint" });
const valueOf = async (sql: string) => (await client.execute(`SELECT ${sql} AS v`)).rows[0]?.["v"];

test("a real comes back from its SQL to the last bit, where SQLite reads a long decimal one bit off", async () => {
  const reals = fc.double({ noNaN: true, noDefaultInfinity: true });
  await fc.assert(
    fc.asyncProperty(fc.array(reals, { minLength: 50, maxLength: 50 }), async (values) => {
      const list = values.map((value, index) => `${storedLiteral({ kind: "r", value }, null)} AS v${index}`);
      const { rows } = await client.execute(`SELECT ${list.join(", ")}`);
      expect(values.map((_, index) => rows[0]?.[`v${index}`])).toEqual(values);
    }),
  );
});

test.each([
  ["i", -(2n ** 63n)],
  ["i", 2n ** 63n - 1n],
  ["r", -0],
  ["r", 5e-324],
  ["r", Number.MAX_VALUE],
  ["r", 8871646250567610],
  ["r", "inf"],
  ["r", "-inf"],
  ["t", Buffer.from("a\0b")],
  ["t", Buffer.from([0xff, 0xfe, 0])],
  ["t", Buffer.from("\uFEFFit's")],
  ["b", Buffer.from([])],
  ["n", null],
] as const)("%s %s is read and written without a loss", async (kind, value) => {
  const sql = storedLiteral({ kind, value }, null);
  const found = await valueOf(readable(`(${sql})`));
  const plain = found instanceof ArrayBuffer ? Buffer.from(found) : found;
  expect(await valueOf(kindsOf([`(${sql})`]))).toBe(kind);
  expect(plain).toEqual(value);
});

test("a long value is bound when it can be, and spelt out when it cannot", () => {
  const value = Buffer.alloc(20_000, "x");
  const args: Uint8Array[] = [];
  expect(storedLiteral({ kind: "t", value }, args)).toBe("CAST(? AS TEXT)");
  expect(args).toEqual([value]);
  expect(storedLiteral({ kind: "t", value }, null)).toBe(`'${"x".repeat(20_000)}'`);
});

test("2,000 terms stay below SQLite's limit of the depth of an expression", async () => {
  const terms = Array.from({ length: 2000 }, () => "1");
  expect(await valueOf(balanced(terms, "+"))).toBe(2000n);
  await expect(valueOf(terms.join("+"))).rejects.toThrow("Expression tree is too large");
});
