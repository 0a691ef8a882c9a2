import { READ_BOOKKEEPING } from "../plan/bookkeeping.ts";
import type { DroppedObject } from "../plan/drop.ts";
import { SMALL } from "../plan/shown-rows.ts";
import type { Outline, TableOutline } from "../schema/outline.ts";
import { timeFromValue } from "../schema/timestamp-column.ts";
import { BOOKKEEPING_TABLE } from "../schema/validate.ts";
import { chunksOf } from "../sql/chunks.ts";
import { identifier } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import type { Database, Rows } from "./database.ts";
import { bookkeepingFromRows, type Snapshot } from "./inspect.ts";

/** What one table holds. */
export interface TableContent {
  readonly rows: number;
  /** The highest rowid; null in an empty table and where there is none. */
  readonly highest: number | bigint | null;
  readonly hasRowid: boolean;
  /** When its newest row was written; null where no column tells, or reading it would cost too much. */
  readonly newest: Date | null;
  /** Of the table and its indexes; null in a database too large to walk through for it. */
  readonly bytes: number | null;
}

export interface Inventory {
  /** By name. A table that cannot be counted (damaged, or of a missing module) is left out. */
  readonly tables: ReadonlyMap<string, TableContent>;
  /** Names of tables without a row, that of the AUTOINCREMENT counters among them. */
  readonly empty: ReadonlySet<string>;
  readonly bookkeeping: Readonly<Record<string, string>>;
}

/** Of a database that holds nothing. */
export const NO_INVENTORY: Inventory = { tables: new Map(), empty: new Set(), bookkeeping: {} };

const COUNTERS = "sqlite_sequence";

export interface InventoryQuery {
  readonly snapshot: Snapshot;
  /** What the snapshot says, as far as it can be understood. */
  readonly outline: Outline | null;
  readonly objects: readonly DroppedObject[];
  /** Leave out the sizes and when rows were written: both read more than the counting does. */
  readonly isBrief?: boolean;
}

const NOTHING = "SELECT NULL WHERE FALSE";

/** SQLite takes 500 SELECTs in one UNION (https://www.sqlite.org/limits.html). */
const COMPOUND_LIMIT = 400;

/** Pages (80 MB of the usual size) up to which sizes are read, which looks at every page. */
const SIZED_PAGES = 20_000;

/** Sizes by name. In a large database the first part of the join is empty, and dbstat (https://www.sqlite.org/dbstat.html) not visited. */
export const READ_SIZES: string =
  "SELECT d.name, d.pgsize AS bytes FROM pragma_page_count AS p CROSS JOIN dbstat AS d " +
  `WHERE p.page_count <= ${SIZED_PAGES} AND d.aggregate = TRUE`;

/** Counts every table exactly and reads what else a ledger tells, in one round trip, and one more when a table cannot be read. */
export async function readInventory(database: Database, query: InventoryQuery): Promise<Inventory> {
  const { snapshot } = query;
  const has = (table: string): boolean => snapshot.rows.some(({ name }) => name === table);
  const selects = contentQueries(query);
  const chunks = unionsOf(selects);
  if (chunks.length === 0 && !has(BOOKKEEPING_TABLE)) return NO_INVENTORY;
  const [bookkeeping, sizes, counters, ...counted] = await database.readEach([
    has(BOOKKEEPING_TABLE) ? READ_BOOKKEEPING : NOTHING,
    query.isBrief ? NOTHING : READ_SIZES,
    has(COUNTERS) ? `SELECT ${literal(COUNTERS)} AS name, count(*) AS rows FROM ${COUNTERS}` : NOTHING,
    ...chunks,
  ]);
  const contents = counted.includes(null) ? await database.readEach(selects) : counted;
  const bytes = sizes ? sumByTable(sizes, snapshot) : new Map<string, number>();
  const rows = contents.flatMap((part) => part ?? []);
  const empty = [...rows, ...(counters ?? [])].filter((row) => Number(row["rows"]) === 0);
  return {
    tables: new Map(rows.map((row) => [String(row["name"]), contentFromRow(row, bytes)])),
    empty: new Set(empty.map((row) => String(row["name"]))),
    bookkeeping: bookkeepingFromRows(bookkeeping ?? undefined),
  };
}

/** The same rows in fewer statements; one that cannot be read makes all of its union unreadable. */
export function unionsOf(selects: readonly string[]): string[] {
  return chunksOf(selects, COMPOUND_LIMIT).map((part) => part.join(" UNION ALL "));
}

function contentFromRow(row: Rows[number], bytes: ReadonlyMap<string, number>): TableContent {
  const { name, rows, highest, has_rowid: hasRowid, newest } = row;
  return {
    rows: Number(rows),
    highest: typeof highest === "number" || typeof highest === "bigint" ? highest : null,
    hasRowid: Number(hasRowid) === 1,
    newest: timeFromValue(newest),
    bytes: bytes.get(String(name)) ?? null,
  };
}

function contentQueries({ outline, objects, isBrief = false }: InventoryQuery): string[] {
  const tables = new Map(outline?.tables.map((table) => [table.name, table]));
  return objects
    .filter(({ kind }) => kind === "table" || kind === "virtual table")
    .map(({ name }) => contentQuery(name, tables.get(name), isBrief));
}

function contentQuery(name: string, table: TableOutline | undefined, isBrief: boolean): string {
  const from = identifier(name);
  const hasRowid = table?.hasRowid ?? false;
  const highest = hasRowid ? `(SELECT max(rowid) FROM ${from})` : "NULL";
  const columns = [
    `${literal(name)} AS name`,
    "count(*) AS rows",
    `${highest} AS highest`,
    `${Number(hasRowid)} AS has_rowid`,
    `${isBrief ? "NULL" : newestOf(from, table)} AS newest`,
  ];
  return `SELECT ${columns.join(", ")} FROM ${from}`;
}

/** Bounded: an index tells the greatest value, without one only a small table is read. */
function newestOf(from: string, table: TableOutline | undefined): string {
  const column = table?.timestamp;
  if (!column) return "NULL";
  const greatest = `(SELECT max(${identifier(column.name)}) FROM ${from})`;
  return column.isIndexed ? greatest : `CASE WHEN count(*) <= ${SMALL} THEN ${greatest} END`;
}

/** Adds the pages of indexes to those of their table. */
export function sumByTable(sizes: Rows, { rows }: Snapshot): ReadonlyMap<string, number> {
  const owners = new Map(rows.map((row) => [row.name, row.table]));
  const sums = new Map<string, number>();
  for (const { name, bytes } of sizes) {
    const owner = owners.get(String(name)) ?? String(name);
    sums.set(owner, (sums.get(owner) ?? 0) + Number(bytes));
  }
  return sums;
}
