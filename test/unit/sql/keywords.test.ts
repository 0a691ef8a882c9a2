import { expect, test } from "vitest";
import { RESERVED_WORDS } from "../../../src/sql/keywords.ts";
import { withDatabase } from "../schema/catalog.ts";

/** All keywords of https://www.sqlite.org/lang_keywords.html. */
const KEYWORDS =
  `abort action add after all alter always analyze and as asc attach autoincrement before begin between by cascade case
  cast check collate column commit conflict constraint create cross current current_date current_time current_timestamp
  database default deferrable deferred delete desc detach distinct do drop each else end escape except exclude exclusive
  exists explain fail filter first following for foreign from full generated glob group groups having if ignore immediate
  in index indexed initially inner insert instead intersect into is isnull join key last left like limit match
  materialized natural no not nothing notnull null nulls of offset on or order others outer over partition plan pragma
  preceding primary query raise range recursive references regexp reindex release rename replace restrict returning right
  rollback row rows savepoint select set table temp temporary then ties to transaction trigger unbounded union unique
  update using vacuum values view virtual when where window with without`.split(/\s+/);

test("the reserved words are exactly the keywords SQLite refuses as a bare column name", async () => {
  const refused = await withDatabase([], async (client) => {
    const list: string[] = [];
    for (const [at, word] of KEYWORDS.entries()) {
      await client.execute(`CREATE TABLE t${at} (${word} INT, x)`).catch(() => list.push(word));
    }
    return list;
  });
  expect(refused.toSorted()).toEqual([...RESERVED_WORDS].toSorted());
});
