import { READ_BOOKKEEPING } from "../plan/bookkeeping.ts";
import type { CatalogRow } from "../schema/types.ts";
import { BOOKKEEPING_TABLE } from "../schema/validate.ts";
import { identifier } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import type { Database, Rows } from "./database.ts";

/** A database's catalog at one moment. */
export interface Snapshot {
  /** `sqlite_schema` in order of creation. */
  readonly rows: readonly CatalogRow[];
  readonly schemaVersion: number;
  readonly sqliteVersion: string;
}

/** Reads a snapshot; also good after a commit, as the reads of a transaction. */
export const READ_SNAPSHOT: readonly string[] = [
  `SELECT type, name, tbl_name AS "table", sql FROM sqlite_schema ORDER BY rowid`,
  "SELECT schema_version, sqlite_version() AS sqlite_version FROM pragma_schema_version",
];

/** The snapshot of a database that is not there yet. */
export const EMPTY_SNAPSHOT: Snapshot = { rows: [], schemaVersion: 0, sqliteVersion: "" };

export async function readSnapshot(database: Database): Promise<Snapshot> {
  return snapshotFromReads(await database.read(READ_SNAPSHOT));
}

export function snapshotFromReads([rows, versions]: readonly Rows[]): Snapshot {
  return {
    rows: (rows ?? []) as unknown as CatalogRow[],
    schemaVersion: Number(versions?.[0]?.["schema_version"]),
    sqliteVersion: String(versions?.[0]?.["sqlite_version"]),
  };
}

/** SQLite takes 500 SELECTs in one UNION (https://www.sqlite.org/limits.html). */
const COMPOUND_LIMIT = 400;

/** Counts rows exactly, in one round trip. A name that cannot be counted (damaged, or of a missing module) is left out. */
export async function countRows(
  database: Database,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (names.length === 0) return new Map();
  const counts = names.map(
    (name) => `SELECT ${literal(name)} AS name, count(*) AS rows FROM ${identifier(name)}`,
  );
  const chunks = Array.from({ length: Math.ceil(counts.length / COMPOUND_LIMIT) }, (_, index) =>
    counts.slice(index * COMPOUND_LIMIT, (index + 1) * COMPOUND_LIMIT).join(" UNION ALL "),
  );
  const whole = await database.readEach(chunks);
  const results = whole.includes(null) ? await database.readEach(counts) : whole;
  return new Map(results.flatMap((rows) => rows ?? []).map(({ name, rows }) => [String(name), Number(rows)]));
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
