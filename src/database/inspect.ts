import { READ_BOOKKEEPING } from "../plan/bookkeeping.ts";
import type { CatalogRow } from "../schema/types.ts";
import { BOOKKEEPING_TABLE } from "../schema/validate.ts";
import type { Database, Rows } from "./database.ts";

/** A database's catalog at one moment. */
export interface Snapshot {
  /** `sqlite_schema` in order of creation. */
  readonly rows: readonly CatalogRow[];
  readonly schemaVersion: number;
  readonly sqliteVersion: string;
  /** Of all its pages; 0 where that cannot be read. */
  readonly bytes: number;
}

export const READ_CATALOG = `SELECT type, name, tbl_name AS "table", sql FROM sqlite_schema ORDER BY rowid`;

/** Reads a snapshot; also good after a commit, as the reads of a transaction. */
export const READ_SNAPSHOT: readonly string[] = [
  READ_CATALOG,
  "SELECT schema_version, sqlite_version() AS sqlite_version, " +
    "(SELECT page_count * page_size FROM pragma_page_count, pragma_page_size) AS bytes FROM pragma_schema_version",
];

/** The snapshot of a database that is not there yet. */
export const EMPTY_SNAPSHOT: Snapshot = { rows: [], schemaVersion: 0, sqliteVersion: "", bytes: 0 };

export async function readSnapshot(database: Database): Promise<Snapshot> {
  return snapshotFromReads(await database.read(READ_SNAPSHOT));
}

export function snapshotFromReads([rows, versions]: readonly Rows[]): Snapshot {
  return {
    rows: (rows ?? []) as unknown as CatalogRow[],
    schemaVersion: Number(versions?.[0]?.["schema_version"]),
    sqliteVersion: String(versions?.[0]?.["sqlite_version"]),
    bytes: Number(versions?.[0]?.["bytes"] ?? 0),
  };
}

/** The entries of the bookkeeping table; empty when the snapshot has none. */
export async function readBookkeeping(
  database: Database,
  { rows }: Snapshot,
): Promise<Readonly<Record<string, string>>> {
  if (!rows.some((row) => row.name === BOOKKEEPING_TABLE)) return {};
  const [entries] = await database.read([READ_BOOKKEEPING]);
  return bookkeepingFromRows(entries);
}

export function bookkeepingFromRows(rows: Rows | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries((rows ?? []).map(({ key, value }) => [String(key), String(value)]));
}
