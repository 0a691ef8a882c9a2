import { createClient } from "@libsql/client/sqlite3";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { literal } from "../../../src/sql/literal.ts";

const client = createClient({ url: ":memory:", intMode: "bigint" });

/** What SQLite makes of a literal: its type, its value, and the bytes of it as text. */
async function read(text: string) {
  const { rows } = await client.execute(
    `SELECT typeof(v) AS type, v, hex(v) AS hex FROM (SELECT ${text} AS v)`,
  );
  return { type: rows[0]?.["type"], value: rows[0]?.["v"], hex: String(rows[0]?.["hex"]).toLowerCase() };
}

const holds = <T>(values: fc.Arbitrary<T>, check: (value: T) => Promise<void>) =>
  fc.assert(fc.asyncProperty(values, check), { numRuns: 300 });

test("text comes back as it was, to the byte", async () => {
  const hostile = fc.string({
    unit: fc.constantFrom("'", '"', "\\", "\0", "\n", ";", "-", "?", "é", "😀"),
    maxLength: 9,
  });
  const texts = fc.oneof(hostile, fc.string({ unit: "binary" })).filter((text) => text.isWellFormed());
  await holds(texts, async (text) => {
    expect(await read(literal(text))).toMatchObject({ type: "text", hex: Buffer.from(text).toString("hex") });
  });
});

test("an integer comes back as the same number, a fraction as SQLite reads its shortest text: off by its last bit at most", async () => {
  const fractions = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(0.99506, 9.7e-18, 2.775706450900256e-18, 5e-324, -0.1), // the first three are
  );
  await holds(fractions, async (number) => {
    const found = Number((await read(literal(number))).value);
    expect(Math.abs(found - number)).toBeLessThanOrEqual(
      Math.max(Math.abs(number) * Number.EPSILON, Number.MIN_VALUE),
    );
  });
  await holds(fc.oneof(fc.integer(), fc.maxSafeInteger()), async (number) => {
    expect(Number((await read(literal(number))).value)).toBe(number === 0 ? 0 : number);
  });
});

test("an integer of 64 bits comes back exactly", async () => {
  const integers = fc.oneof(
    fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n),
  );
  await holds(integers, async (integer) => {
    expect(await read(literal(integer))).toMatchObject({ type: "integer", value: integer });
  });
});

test("bytes come back as they were, from any view of them", async () => {
  await holds(fc.uint8Array(), async (bytes) => {
    const padded = new Uint8Array([0, ...bytes, 0]);
    for (const view of [bytes, Buffer.from(bytes), bytes.slice().buffer, padded.subarray(1, -1)]) {
      expect(await read(literal(view))).toMatchObject({
        type: "blob",
        hex: Buffer.from(bytes).toString("hex"),
      });
    }
  });
});

test("null, booleans and dates are what the driver binds", async () => {
  expect(await read(literal(null))).toMatchObject({ type: "null", value: null });
  expect([literal(true), literal(false), literal(new Date(5))]).toEqual(["1", "0", "5"]);
});

test.each([[Number.NaN], [Infinity], [2n ** 63n], [-(2n ** 63n) - 1n], ["\ud800"], [new Date(Number.NaN)]])(
  "%s has no literal",
  (value) => expect(() => literal(value)).toThrow(RangeError),
);

test.each([[undefined], [{}], [Symbol("s")], [() => 1]])(
  "a value of no SQLite type is refused: %s",
  (value) => {
    expect(() => literal(value)).toThrow(TypeError);
  },
);
