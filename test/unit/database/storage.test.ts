import fc from "fast-check";
import { createClient } from "@libsql/client/sqlite3";
import { expect, test } from "vitest";
import { readStorage, SIZED_PAGES, storageFromRows } from "../../../src/database/storage.ts";
import type { Rows } from "../../../src/database/database.ts";
import { indexOwners } from "../../../src/schema/catalog-head.ts";
import { identifier } from "../../../src/sql/identifier.ts";
import { randomDatabase } from "../../support/random-database.ts";
import { catalogOf, withDatabase } from "../schema/catalog.ts";

const storageOf = async (client: ReturnType<typeof createClient>, pages: number) => {
  const { rows } = await client.execute(readStorage(pages));
  return storageFromRows(rows as unknown as Rows, indexOwners(await catalogOf(client)));
};

test("the tables whose pages say so are those in which no row is counted", async () => {
  await fc.assert(
    fc.asyncProperty(randomDatabase, fc.boolean(), async (statements, isCleared) => {
      const client = createClient({ url: ":memory:" });
      try {
        for (const { sql, args } of statements) await client.execute({ sql, args: [...args] });
        const catalog = (await catalogOf(client)).filter(({ type }) => type === "table");
        if (isCleared) await client.execute(`DELETE FROM ${identifier(catalog[0]?.name ?? "")}`);
        const { empty } = await storageOf(client, SIZED_PAGES);
        for (const { name } of catalog) {
          const { rows } = await client.execute(`SELECT 1 FROM ${identifier(name)} LIMIT 1`);
          expect([name, empty.has(name)]).toEqual([name, rows.length === 0]);
        }
      } finally {
        client.close();
      }
    }),
    { numRuns: 60 },
  );
});

test("nothing is said of a virtual table, nor in a database of too many pages or one whose dbstat is none", async () => {
  const statements = [
    "CREATE VIRTUAL TABLE ft USING fts5(t)",
    "CREATE TABLE a (x)",
    "CREATE INDEX i ON a (x)",
  ];
  await withDatabase(statements, async (client) => {
    const { empty, bytes } = await storageOf(client, SIZED_PAGES);
    expect([empty.has("ft"), empty.has("a"), bytes.get("a")]).toEqual([false, true, 8192]);
    expect((await storageOf(client, 2)).empty).toEqual(new Set());
    await client.execute("CREATE TABLE DbStat (name, pgsize, ncell, aggregate)");
    await client.execute("INSERT INTO dbstat VALUES ('a', 4096, 0, 1)");
    expect((await storageOf(client, SIZED_PAGES)).empty).toEqual(new Set());
    expect(storageFromRows(null, indexOwners(await catalogOf(client))).empty).toEqual(new Set());
  });
});
