import { READ_BOOKKEEPING } from "../plan/bookkeeping.ts";
import type { CatalogRow } from "../schema/types.ts";
import { BOOKKEEPING_TABLE } from "../schema/engine-objects.ts";
import type { Database, Rows } from "./database.ts";

/** A database's catalog at one moment. */
export interface Snapshot {
  /** All that `sqlite_schema` says: equal where two of them hold the same in the same order. */
  readonly text: string;
  /** `sqlite_schema` in order of creation. Made of the text when they are first asked for: who knows the text needs none. */
  readonly rows: readonly CatalogRow[];
  readonly schemaVersion: number;
  readonly sqliteVersion: string;
  /** Of the pages in use; 0 where that cannot be read. */
  readonly bytes: number;
  /** The same with the free ones: of the file. */
  readonly fileBytes: number;
  readonly pageSize: number;
}

const COLUMNS = ["type", "name", "tbl_name", "sql"];

/** Its columns may hold anything, a BLOB too, and SQLite takes it for text. */
const ENTRY = `json_array(${COLUMNS.map((column) => `CAST(${column} AS TEXT)`).join(", ")})`;
const IN_ORDER = `(SELECT ${COLUMNS.join(", ")} FROM sqlite_schema ORDER BY rowid)`;

/** Reads `sqlite_schema` as one JSON text, which is handed over in half the time of thousands of rows. */
const READ_WHOLE = `SELECT json_group_array(${ENTRY}) AS catalog FROM ${IN_ORDER}`;

/** Of a text that JSON may make twice as long: a server sends no value of 4 MiB. */
const IS_SMALL = "(SELECT total(length(CAST(sql AS BLOB))) < 1900000 FROM sqlite_schema)";

/** The same of a database that may be a server's: as one text for each row where one would be too large. */
export const READ_CATALOG =
  `${READ_WHOLE} WHERE ${IS_SMALL} ` +
  `UNION ALL SELECT json_array(${ENTRY}) FROM ${IN_ORDER} WHERE NOT ${IS_SMALL}`;

const READ_VERSIONS =
  "SELECT schema_version, sqlite_version() AS sqlite_version, (page_count - freelist_count) * page_size AS bytes, " +
  "page_count * page_size AS file_bytes, page_size FROM pragma_schema_version, pragma_page_count, pragma_freelist_count, pragma_page_size";

/** Reads a snapshot; also good after a commit, as the reads of a transaction. */
export const READ_SNAPSHOT: readonly string[] = [READ_CATALOG, READ_VERSIONS];

/** The snapshot of a database that is not there yet. */
export const EMPTY_SNAPSHOT: Snapshot = {
  text: "",
  rows: [],
  schemaVersion: 0,
  sqliteVersion: "",
  bytes: 0,
  fileBytes: 0,
  pageSize: 0,
};

export async function readSnapshot(database: Database): Promise<Snapshot> {
  return snapshotFromReads(await database.read(READ_SNAPSHOT));
}

export function snapshotFromReads([catalog, versions]: readonly Rows[]): Snapshot {
  let rows: readonly CatalogRow[] | undefined;
  return {
    text: textsFromRead(catalog).join("\n"),
    get rows() {
      return (rows ??= catalogFromRead(catalog));
    },
    schemaVersion: Number(versions?.[0]?.["schema_version"]),
    sqliteVersion: String(versions?.[0]?.["sqlite_version"]),
    bytes: Number(versions?.[0]?.["bytes"] ?? 0),
    fileBytes: Number(versions?.[0]?.["file_bytes"] ?? 0),
    pageSize: Number(versions?.[0]?.["page_size"] ?? 0),
  };
}

/** What {@link READ_CATALOG} read; no rows where it could not be. */
export function catalogFromRead(read: Rows | null | undefined): readonly CatalogRow[] {
  return textsFromRead(read).flatMap(rowsFromText);
}

function textsFromRead(read: Rows | null | undefined): string[] {
  return (read ?? []).map(({ catalog }) => String(catalog));
}

type Entry = readonly [type: CatalogRow["type"], name: string, table: string, sql: string | null];

function rowsFromText(text: string): CatalogRow[] {
  return (JSON.parse(text) as readonly Entry[]).map(([type, name, table, sql]) => ({
    type,
    name,
    table,
    sql,
  }));
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
    const snapshot = snapshotFromReads(await database.read([READ_WHOLE, READ_VERSIONS]));
    return stateFrom(database, snapshot, await database.readEach(statements));
  }
  const [catalog, versions, ...others] = await database.readEach([...READ_SNAPSHOT, ...statements]);
  const snapshot =
    catalog && versions ? snapshotFromReads([catalog, versions]) : await readSnapshot(database);
  return stateFrom(database, snapshot, others);
}

/** Entries that could not be read are asked for once more where there is a table: the second failure says why. */
async function stateFrom(
  database: Database,
  snapshot: Snapshot,
  [entries = null, ...extras]: readonly (Rows | null)[],
): Promise<State> {
  const isMissing = entries === null && snapshot.text.includes(`"${BOOKKEEPING_TABLE}"`);
  const [again] = isMissing ? await database.read([READ_BOOKKEEPING]) : [];
  return { snapshot, bookkeeping: bookkeepingFromRows(entries ?? again), extras };
}

export function bookkeepingFromRows(rows: Rows | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries((rows ?? []).map(({ key, value }) => [String(key), String(value)]));
}
