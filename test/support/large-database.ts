import { contentHashOf } from "../../src/database/content-hash.ts";
import { readSnapshot } from "../../src/database/inspect.ts";
import { openLocal } from "../../src/database/local.ts";
import { readTables } from "../../src/database/read-tables.ts";
import { storedTables } from "../../src/schema/stored-tables.ts";
import type { RebuildTarget } from "./rebuild-target.ts";

const numbers = (count: number): string =>
  `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;

/** Some 4 MB: more than is asked for in rows. */
export const LARGE = `CREATE TABLE many (a, b TEXT); CREATE INDEX by_b ON many (b DESC);
  ${numbers(20_000)} INSERT INTO many SELECT i * 1.1, hex(randomblob(40)) FROM n;
  CREATE TABLE keyed (k TEXT, v, PRIMARY KEY (k, v)) WITHOUT ROWID; INSERT INTO keyed SELECT b, a FROM many LIMIT 100;
  CREATE VIRTUAL TABLE ft USING fts5(body); INSERT INTO ft SELECT b FROM many LIMIT 50;
  CREATE VIEW v AS SELECT a FROM many; CREATE TRIGGER t AFTER DELETE ON many BEGIN DELETE FROM keyed WHERE k = old.b; END;`;

/** A hash of all rows of a backup. */
export async function hashOfBackup(path: string): Promise<string> {
  const database = openLocal(path);
  const { rows } = await readSnapshot(database);
  const tables = storedTables(rows);
  const hash = await contentHashOf(
    readTables((queries) => database.read(queries), tables, { first: 500, together: 1 }),
  );
  database.close();
  return hash.digest();
}

/** How many times the pages of a primary were asked for. */
export const cursorsOf = ({ proxy }: RebuildTarget): number =>
  proxy?.counts.requests.filter((name) => name === "POST /v3-protobuf/cursor").length ?? 0;
