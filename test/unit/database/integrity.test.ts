import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { damageIn } from "../../../src/database/integrity.ts";
import { connect, rowsOf } from "../../../src/database/sqlite.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../../support/paths.ts";

const CONTENTLESS = "CREATE VIRTUAL TABLE s USING fts4(t, content='');";
const DAMAGED =
  "CREATE VIRTUAL TABLE f USING fts4(t); INSERT INTO f VALUES ('a'); UPDATE f_content SET c0t = 'b';";

let folder: TemporaryFolder;

beforeAll(async () => {
  folder = await createTemporaryFolder("integrity");
});
afterAll(() => folder[Symbol.asyncDispose]());

/** What both checks say of a database made with a script. */
function checked(script: string): (string | null)[] {
  const path = join(folder.dir, "checked.db");
  const connection = connect(path);
  try {
    connection.exec(script);
    return ["integrity_check", "quick_check"].map((name) => damageIn(rowsOf(connection, `PRAGMA ${name}`)));
  } finally {
    connection.close();
    rmSync(path);
  }
}

test("a sound database has no damage", () => {
  expect(checked("CREATE TABLE t (x)")).toEqual([null, null]);
});

test.each([
  ["without content", CONTENTLESS],
  ["several without content", `${CONTENTLESS} CREATE VIRTUAL TABLE "a\nb" USING fts4(t, content='')`],
  ["whose content is gone", "CREATE VIRTUAL TABLE s USING fts4(t, content='gone')"],
])("a search that cannot be looked at is no damage: %s", (_, script) => {
  expect(checked(script)).toEqual([null, null]);
});

test("a damage that is told after what cannot be looked at is one", () => {
  const damage = "malformed inverted index for FTS4 table main.f";
  expect(checked(`${CONTENTLESS} ${DAMAGED}`)).toEqual([damage, damage]);
});

test.each([
  "NULL value in t.x",
  "unable to validate the inverted index for FTS4 table main.s: database disk image is malformed",
])("%j is a damage", (line) => {
  expect(damageIn([{ integrity_check: line }])).toBe(line);
});

test.each([[[]], [null], [undefined]])("no answer at all is no proof: %j", (rows) => {
  expect(damageIn(rows)).not.toBeNull();
});
