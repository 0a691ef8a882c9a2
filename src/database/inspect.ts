import { READ_BOOKKEEPING } from "../plan/bookkeeping.ts";
import type { CatalogRow } from "../schema/types.ts";
import { BOOKKEEPING_TABLE } from "../schema/engine-objects.ts";
import type { Database, Rows } from "./database.ts";

/** A database's catalog at one moment. */
export interface Snapshot {
  /** `sqlite_schema` in order of creation. */
  readonly rows: readonly CatalogRow[];
  readonly schemaVersion: number;
  readonly sqliteVersion: string;
  /** Of the pages in use; 0 where that cannot be read. */
  readonly bytes: number;
  /** The same with the free ones: of the file. */
  readonly fileBytes: number;
}

export const READ_CATALOG = `SELECT type, name, tbl_name AS "table", sql FROM sqlite_schema ORDER BY rowid`;

/** Reads a snapshot; also good after a commit, as the reads of a transaction. */
export const READ_SNAPSHOT: readonly string[] = [
  READ_CATALOG,
  "SELECT schema_version, sqlite_version() AS sqlite_version, (page_count - freelist_count) * page_size AS bytes, " +
    "page_count * page_size AS file_bytes FROM pragma_schema_version, pragma_page_count, pragma_freelist_count, pragma_page_size",
];

/** The snapshot of a database that is not there yet. */
export const EMPTY_SNAPSHOT: Snapshot = {
  rows: [],
  schemaVersion: 0,
  sqliteVersion: "",
  bytes: 0,
  fileBytes: 0,
};

export async function readSnapshot(database: Database): Promise<Snapshot> {
  return snapshotFromReads(await database.read(READ_SNAPSHOT));
}

export function snapshotFromReads([rows, versions]: readonly Rows[]): Snapshot {
  return {
    rows: (rows ?? []) as unknown as CatalogRow[],
    schemaVersion: Number(versions?.[0]?.["schema_version"]),
    sqliteVersion: String(versions?.[0]?.["sqlite_version"]),
    bytes: Number(versions?.[0]?.["bytes"] ?? 0),
    fileBytes: Number(versions?.[0]?.["file_bytes"] ?? 0),
  };
}

/** A snapshot, the entries of the bookkeeping table, and what else was asked for. */
export interface State {
  readonly snapshot: Snapshot;
  /** Empty when there is no such table. */
  readonly bookkeeping: Readonly<Record<string, string>>;
  /** Null in the place of a statement that failed. */
  readonly extras: readonly (Rows | null)[];
}

/** Reads a state from a primary in one round trip; from a file after its snapshot, so that one that is held is waited for once. */
export async function readState(
  database: Database,
  where: "file" | "primary",
  extras: readonly string[] = [],
): Promise<State> {
  const statements = [READ_BOOKKEEPING, ...extras];
  if (where === "file") {
    const snapshot = await readSnapshot(database);
    return stateFrom(database, snapshot, await database.readEach(statements));
  }
  const [rows, versions, ...others] = await database.readEach([...READ_SNAPSHOT, ...statements]);
  const snapshot = rows && versions ? snapshotFromReads([rows, versions]) : await readSnapshot(database);
  return stateFrom(database, snapshot, others);
}

/** Entries that could not be read are asked for once more where there is a table: the second failure says why. */
async function stateFrom(
  database: Database,
  snapshot: Snapshot,
  [entries = null, ...extras]: readonly (Rows | null)[],
): Promise<State> {
  const isMissing = entries === null && snapshot.rows.some((row) => row.name === BOOKKEEPING_TABLE);
  const [again] = isMissing ? await database.read([READ_BOOKKEEPING]) : [];
  return { snapshot, bookkeeping: bookkeepingFromRows(entries ?? again), extras };
}

export function bookkeepingFromRows(rows: Rows | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries((rows ?? []).map(({ key, value }) => [String(key), String(value)]));
}
