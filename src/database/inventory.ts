import type { DroppedObject } from "../plan/drop.ts";
import { SMALL } from "../plan/shown-rows.ts";
import type { CatalogHead, TableHead } from "../schema/catalog-head.ts";
import { timeFromValue } from "../schema/timestamp-column.ts";
import { chunksOf } from "../sql/chunks.ts";
import { identifier } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import type { Database, Rows } from "./database.ts";
import type { Storage } from "./storage.ts";

/** What one table holds. */
export interface TableContent {
  readonly rows: number;
  /** Whether there are more than were to be counted: `rows` is the highest rowid then, or where there is none what was counted. */
  readonly isEstimate: boolean;
  /** The highest rowid; null in an empty table and where there is none. */
  readonly highest: number | bigint | null;
  readonly hasRowid: boolean;
  /** When its newest row was written; null where no column tells, or reading it would cost too much. */
  readonly newest: Date | null;
  /** Of the table and its indexes; null in a database too large to walk through for it. */
  readonly bytes: number | null;
}

export interface Inventory {
  /** By name. A table that holds no rows of its own or cannot be counted (damaged, or of a missing module) is left out. */
  readonly tables: ReadonlyMap<string, TableContent>;
  /** Names of tables without a row, that of the AUTOINCREMENT counters among them, and of indexes that are known to be empty. */
  readonly empty: ReadonlySet<string>;
}

/** Of a database that holds nothing. */
export const NO_INVENTORY: Inventory = { tables: new Map(), empty: new Set() };

export interface InventoryQuery {
  /** What the catalog says, as far as it can be understood. */
  readonly outline: Pick<CatalogHead, "tables"> | null;
  readonly objects: readonly Pick<DroppedObject, "name" | "holdsRows">[];
  readonly storage: Storage;
  /** Count no more than this many rows of a table and one, so that it costs the same however large a table is. */
  readonly limit?: number;
  /** Leave out when rows were written: it reads more than the counting does. */
  readonly isBrief?: boolean;
}

/** SQLite takes 500 SELECTs in one UNION (https://www.sqlite.org/limits.html). */
const COMPOUND_LIMIT = 400;

/**
 * Counts every table, exactly unless there is a limit, and reads what else a ledger tells, in one round trip, and one more when a
 * table cannot be read; in none when all are known to be empty.
 */
export async function readInventory(database: Database, query: InventoryQuery): Promise<Inventory> {
  const { objects, outline, storage, limit = Infinity, isBrief = false } = query;
  const outlines = new Map(outline?.tables.map((table) => [table.name, table]));
  const names = objects.filter(({ holdsRows }) => holdsRows).map(({ name }) => name);
  const filled = names.filter((name) => !storage.empty.has(name));
  const read = await readContents(database, filled, { outlines, limit, isBrief });
  const tables = new Map<string, TableContent>();
  const empty = new Set(storage.empty);
  for (const name of names) {
    const row = read.get(name);
    const content = storage.empty.has(name) ? NO_ROWS : row && contentFromRow(row, limit);
    if (content === undefined) continue; // it cannot be read
    const { rows, isEstimate, highest, newest } = content;
    const { hasRowid = false } = outlines.get(name) ?? {};
    tables.set(name, { rows, isEstimate, highest, hasRowid, newest, bytes: storage.bytes.get(name) ?? null });
    if (content.rows === 0) empty.add(name);
  }
  return { tables, empty };
}

interface ContentQuery {
  readonly outlines: ReadonlyMap<string, TableHead>;
  readonly limit: number;
  readonly isBrief: boolean;
}

async function readContents(
  database: Database,
  names: readonly string[],
  query: ContentQuery,
): Promise<ReadonlyMap<string, Rows[number]>> {
  if (names.length === 0) return new Map();
  const selects = names.map((name) => contentQuery(name, query));
  const counted = await database.readEach(unionsOf(selects));
  const contents = counted.includes(null) ? await database.readEach(selects) : counted;
  return new Map(contents.flatMap((part) => part ?? []).map((row) => [String(row["name"]), row]));
}

/** The same rows in fewer statements; one that cannot be read makes all of its union unreadable. */
function unionsOf(selects: readonly string[]): string[] {
  return chunksOf(selects, COMPOUND_LIMIT).map((part) => part.join(" UNION ALL "));
}

type Counted = Omit<TableContent, "hasRowid" | "bytes">;

const NO_ROWS: Counted = { rows: 0, isEstimate: false, highest: null, newest: null };

function contentFromRow(row: Rows[number], limit: number): Counted {
  const { rows, highest, newest } = row;
  const counted = Number(rows);
  const isEstimate = counted > limit;
  return {
    rows: isEstimate ? Math.max(Number(highest ?? 0), counted) : counted,
    isEstimate,
    highest: typeof highest === "number" || typeof highest === "bigint" ? highest : null,
    newest: timeFromValue(newest),
  };
}

function contentQuery(name: string, { outlines, limit, isBrief }: ContentQuery): string {
  const table = outlines.get(name);
  const from = identifier(name);
  const counted = limit === Infinity ? from : `(SELECT 1 FROM ${from} LIMIT ${limit + 1})`;
  const highest = table?.hasRowid ? `(SELECT max(rowid) FROM ${from})` : "NULL";
  const columns = [
    `${literal(name)} AS name`,
    "count(*) AS rows",
    `${highest} AS highest`,
    ...(isBrief ? [] : [`${newestOf(from, table)} AS newest`]),
  ];
  return `SELECT ${columns.join(", ")} FROM ${counted}`;
}

/** Bounded: an index tells the greatest value, without one only a small table is read. */
function newestOf(from: string, table: TableHead | undefined): string {
  const column = table?.timestamp;
  if (!column) return "NULL";
  const greatest = `(SELECT max(${identifier(column.name)}) FROM ${from})`;
  return column.isIndexed ? greatest : `CASE WHEN count(*) <= ${SMALL} THEN ${greatest} END`;
}
