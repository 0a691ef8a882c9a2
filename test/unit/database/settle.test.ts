import { expect, test } from "vitest";
import { openLocal } from "../../../src/database/local.ts";
import { wasCommitted } from "../../../src/database/settle.ts";
import { CREATE_BOOKKEEPING } from "../../../src/plan/bookkeeping.ts";
import { createTemporaryFolder } from "../../support/paths.ts";

test.each([
  ["is committed when it was the last one", "lost", "old", true],
  ["is not when the one before it still is", "old", "old", false],
  ["is not when there was none and is none", null, null, false],
  ["is unknown when a third one came after", "third", "old", null],
  ["is unknown when a third one came where there was none", "third", null, null],
  ["is unknown when nothing tells of a run any more", null, "old", null],
])("a run whose answer was lost %s", async (...[, last, before, expected]) => {
  await using folder = await createTemporaryFolder("settle");
  const database = openLocal(`${folder.dir}/local.db`);
  try {
    const insert = `INSERT INTO _clean_slate VALUES ('run_id', '${last}')`;
    await database.transact(last === null ? [] : [CREATE_BOOKKEEPING, insert], []);
    expect(await wasCommitted(database, { lost: "lost", before })).toBe(expected);
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
