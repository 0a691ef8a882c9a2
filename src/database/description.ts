import { SMALL } from "../plan/shown-rows.ts";
import type { TableOutline } from "../schema/outline.ts";
import { identifier } from "../sql/identifier.ts";
import type { Database, Rows } from "./database.ts";
import { readState, type State } from "./inspect.ts";
import { unionsOf } from "./inventory.ts";
import { readStorage, SIZED_PAGES, storageFromRows, type Storage } from "./storage.ts";

/** What a database says of itself. */
export interface Description extends Omit<State, "extras"> {
  readonly journalMode: string | null;
  readonly pages: { readonly count: number; readonly size: number; readonly free: number } | null;
  readonly storage: Storage;
}

const READ_PAGES = [
  "PRAGMA journal_mode",
  "PRAGMA page_count",
  "PRAGMA page_size",
  "PRAGMA freelist_count",
] as const;

/** Describes a database; a primary in one round trip. */
export async function readDescription(database: Database, where: "file" | "primary"): Promise<Description> {
  const { extras, ...state } = await readState(database, where, [readStorage(SIZED_PAGES), ...READ_PAGES]);
  const [sizes = null, ...pragmas] = extras;
  const [mode, count, size, free] = pragmas.map((rows) => Object.values(rows?.[0] ?? {})[0] ?? null);
  return {
    ...state,
    journalMode: mode === null || mode === undefined ? null : String(mode),
    pages: typeof count === "number" ? { count, size: Number(size), free: Number(free) } : null,
    storage: storageFromRows(sizes, state.snapshot),
  };
}

/** The rows of one table. */
export interface RowCount {
  /** Exact up to 10,000; beyond that the highest rowid, `isEstimate` set. Null where neither can be read. */
  readonly rows: number | null;
  readonly isEstimate: boolean;
}

/** Counts the rows of each table, in order and at a bounded cost, in one round trip, and one more when a table cannot be read. */
export async function countRows(
  database: Database,
  tables: readonly TableOutline[],
  { empty }: Storage,
): Promise<readonly RowCount[]> {
  const filled = tables.filter(({ name }) => !empty.has(name));
  const counts = await countFilled(database, filled);
  const byName = new Map(filled.map(({ name }, index) => [name, counts[index]]));
  return tables.map(({ name }) =>
    empty.has(name) ? { rows: 0, isEstimate: false } : countFromRow(byName.get(name)),
  );
}

async function countFilled(
  database: Database,
  tables: readonly TableOutline[],
): Promise<readonly (Rows[number] | undefined)[]> {
  if (tables.length === 0) return [];
  const queries = tables.map(countQuery);
  const unions = await database.readEach(unionsOf(queries));
  const counted = unions.flatMap((rows) => rows ?? []);
  if (counted.length === tables.length) return counted;
  const results = await database.readEach(queries);
  return results.map((rows) => rows?.[0]);
}

function countQuery(table: TableOutline): string {
  const name = identifier(table.name);
  const highest = table.hasRowid ? `(SELECT max(rowid) FROM ${name})` : "NULL";
  return `SELECT (SELECT count(*) FROM (SELECT 1 FROM ${name} LIMIT ${SMALL + 1})) AS counted, ${highest} AS highest`;
}

function countFromRow(row: Rows[number] | undefined): RowCount {
  if (!row) return { rows: null, isEstimate: false };
  const counted = Number(row["counted"]);
  const isEstimate = counted > SMALL;
  return { rows: isEstimate ? Math.max(Number(row["highest"] ?? 0), counted) : counted, isEstimate };
}
