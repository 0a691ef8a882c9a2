import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { targetOf } from "../../src/actions/deps.ts";
import type { Rows } from "../../src/database/database.ts";
import { readCursor } from "../../src/database/hrana-cursor.ts";
import type { Target } from "../../src/database/target.ts";
import { createTarget, type RebuildTarget } from "../support/rebuild-target.ts";
import { cursorAnswer, type Entry } from "../support/cursor-answer.ts";
import { skipSqld } from "../support/sqld-binary.ts";

interface CursorRow {
  readonly step: number;
  readonly row: Rows[number];
}

async function rowsFrom(target: RebuildTarget, statements: readonly string[]): Promise<CursorRow[]> {
  const rows: CursorRow[] = [];
  const { primary } = targetOf(target.deps.config) as Extract<Target, { readonly kind: "remote" }>;
  await readCursor(primary, statements, (step, row) => rows.push({ step, row }));
  return rows;
}

describe.skipIf(skipSqld)("a cursor", () => {
  test("brings every kind of value, and the rows of every statement", async () => {
    await using target = await createTarget("remote");
    const long = "ü".repeat(100_000);
    const rows = await rowsFrom(target, [
      "BEGIN",
      `SELECT 0 AS zero, -1 AS minus, 9007199254740993 AS large, 1.5 AS half, '' AS empty, '${long}' AS long, x'00ff' AS bytes, NULL AS none`,
      "SELECT 1 AS one UNION ALL SELECT 2",
      "COMMIT",
    ]);
    expect(rows.map(({ step }) => step)).toEqual([1, 2, 2]);
    expect(rows.map(({ row }) => row)).toEqual([
      {
        zero: 0,
        minus: -1,
        large: 9007199254740993n,
        half: 1.5,
        empty: "",
        long,
        bytes: expect.any(Uint8Array),
        none: null,
      },
      { one: 1 },
      { one: 2 },
    ]);
    expect(Buffer.from(rows[0]?.row["bytes"] as Uint8Array)).toEqual(Buffer.of(0, 255));
  });

  test("is not silent while this process is too busy to listen", async () => {
    await using target = await createTarget("remote");
    const url = { value: target.sqld?.url ?? "", origin: "past the proxy, which is in this process" };
    const config = { ...target.deps.config, url, timeout: { value: 300, origin: "test" } };
    const numbers =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT sum(i) AS sum FROM n";
    const reading = rowsFrom({ ...target, deps: { ...target.deps, config } }, [numbers]);
    await sleep(20);
    await setImmediate(); // from here timers come before answers
    for (const until = performance.now() + 600; performance.now() < until;);
    expect(await reading).toEqual([{ step: 0, row: { sum: 500_000_500_000 } }]);
  });

  test("ends with the failure of a statement", async () => {
    await using target = await createTarget("remote");
    await expect(rowsFrom(target, ["SELECT 1", "SELECT * FROM missing", "SELECT 2"])).rejects.toMatchObject({
      code: "SQL_INVALID",
      message: expect.stringContaining("no such table: missing"),
    });
  });

  const END = { end: true } as const;
  const ANSWERS: readonly (readonly [string, readonly Entry[], unknown])[] = [
    ["a number", [{ begin: 0, columns: ["n"] }, { row: [7n] }, END], [{ step: 0, row: { n: 7 } }]],
    ["no end", [{ begin: 0, columns: ["n"] }, { row: [7n] }], "something that is not libSQL's answer"],
    ["an entry of a kind to come", [{ begin: 0 }, { bytes: Uint8Array.of(0x4a, 1, 1) }, END], []],
    ["a failure", [{ begin: 0 }, { failed: "too bad" }], "too bad"],
  ];
  test.each(ANSWERS)("an answer with %s is that", async (_, entries, expected) => {
    await using target = await createTarget("remote");
    await target.proxy?.fail({ kind: "status", status: 200, body: cursorAnswer(...entries) });
    const answer = rowsFrom(target, ["SELECT 7 AS n"]);
    if (typeof expected === "string") await expect(answer).rejects.toThrow(expected);
    else expect(await answer).toEqual(expected);
  });
});
