import { expect, test } from "vitest";
import { openLocal } from "../../../src/database/local.ts";
import { wasCommitted } from "../../../src/database/settle.ts";
import { CREATE_BOOKKEEPING } from "../../../src/plan/bookkeeping.ts";
import { createTemporaryFolder } from "../../support/paths.ts";

const OLD = "CREATE TABLE old (id)";

test.each([
  ["is committed when it was the last one", "lost", [], "old", true],
  ["is not when all is as it was", "old", [OLD], "old", false],
  ["is not when all is as it was and no run made it", null, [OLD], null, false],
  ["is unknown when a third one came after", "third", [OLD], "old", null],
  ["is unknown when a third one came where there was none", "third", [OLD], null, null],
  ["is unknown when nothing tells of a run any more", null, [OLD], "old", null],
  ["is unknown when what was there is gone all the same", null, [], null, null],
])("a run whose answer was lost %s", async (...[, last, statements, run, expected]) => {
  await using folder = await createTemporaryFolder("settle");
  const database = openLocal(`${folder.dir}/local.db`);
  try {
    const insert = `INSERT INTO _clean_slate VALUES ('run_id', '${last}')`;
    await database.transact([...statements, ...(last === null ? [] : [CREATE_BOOKKEEPING, insert])], []);
    const rows = [{ type: "table", name: "old", table: "old", sql: OLD }] as const;
    expect(await wasCommitted(database, "lost", { run, rows })).toBe(expected);
  } finally {
    database.close();
  }
});

test("a transaction on a file is committed though what was to be read after it fails", async () => {
  await using folder = await createTemporaryFolder("settle");
  const database = openLocal(`${folder.dir}/local.db`);
  const outcome = await database.transact(["CREATE TABLE t (a)"], ["SELECT * FROM missing"]);
  expect(outcome).toEqual({ kind: "committed", reads: null });
  expect(await database.read(["SELECT name FROM sqlite_schema"])).toEqual([[{ name: "t" }]]);
  database.close();
});
