import { createClient, type Client, type Row } from "@libsql/client/sqlite3";
import { schemaFromCatalog } from "../../../src/schema/from-catalog.ts";
import type { CatalogRow, Schema } from "../../../src/schema/types.ts";

/** Runs statements in an in-memory libSQL and hands the open database to `read`. */
export async function withDatabase<Result>(
  statements: readonly string[],
  read: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = createClient({ url: ":memory:" });
  try {
    for (const statement of statements) await client.execute(statement);
    return await read(client);
  } finally {
    client.close();
  }
}

/** The rows of `sqlite_schema` of an open database. */
export async function catalogOf(client: Client): Promise<CatalogRow[]> {
  const { rows } = await client.execute(`SELECT type, name, tbl_name AS "table", sql FROM sqlite_schema`);
  return rows.map(catalogRow);
}

/** The schema that statements make in a real database. */
export function schemaOf(...statements: readonly string[]): Promise<Schema> {
  return withDatabase(statements, async (client) => schemaFromCatalog(await catalogOf(client)));
}

function catalogRow(row: Row): CatalogRow {
  return {
    type: row["type"] as CatalogRow["type"],
    name: row["name"] as string,
    table: row["table"] as string,
    sql: row["sql"] as string | null,
  };
}
