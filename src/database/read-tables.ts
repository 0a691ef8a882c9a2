import { CleanSlateError } from "../errors.ts";
import { pageQuery, storedRow, type PageStart, type StoredRow } from "../plan/copy-rows.ts";
import type { StoredTable } from "../schema/stored-tables.ts";
import type { Rows } from "./database.ts";

/** Some rows of one table, in the order of its key. */
export interface TablePage {
  readonly table: StoredTable;
  /** True for the first page of a table; an empty table has that one. */
  readonly isFirst: boolean;
  readonly rows: readonly StoredRow[];
}

/** Runs queries in one round trip; null when the answer would be larger than a server sends. */
export type ReadPages = (queries: readonly string[]) => Promise<readonly Rows[] | null>;

/** Bytes one page should have: large enough to hide a round trip, far below the 10 MB a libSQL server sends. */
const PAGE_BYTES = 3_000_000;
const PAGE_ROWS = 20_000;

export interface FirstPages {
  /** How many rows the first page of a table may have. */
  readonly first: number;
  /** Of how many tables the first pages are asked for at once. */
  readonly together: number;
}

/** Reads every row of every table in pages, so that memory stays small. */
export async function* readTables(
  read: ReadPages,
  tables: readonly StoredTable[],
  { first, together }: FirstPages,
): AsyncGenerator<TablePage> {
  for (let at = 0; at < tables.length; at += together) {
    const group = tables.slice(at, at + together);
    const pages = await read(group.map((table) => pageQuery(table, null, first)));
    for (const [index, table] of group.entries()) {
      const rows = pages?.[index]?.map(storedRow) ?? null;
      yield* readTable(read, table, { rows, limit: first });
    }
  }
}

interface FirstPage {
  /** Null when it could not be read with the others. */
  readonly rows: readonly StoredRow[] | null;
  readonly limit: number;
}

async function* readTable(read: ReadPages, table: StoredTable, first: FirstPage): AsyncGenerator<TablePage> {
  let { rows } = first;
  let limit = rows === null ? Math.ceil(first.limit / 16) : first.limit;
  let start: PageStart | null = null;
  let seen = 0;
  for (;;) {
    rows ??= (await read([pageQuery(table, start, limit)]))?.[0]?.map(storedRow) ?? null;
    if (rows === null) {
      if (limit === 1) throw tooLarge(table);
      limit = Math.ceil(limit / 8);
      continue;
    }
    if (rows.length > 0 || seen === 0) yield { table, rows, isFirst: seen === 0 };
    const row = rows.at(-1);
    if (row === undefined || rows.length < limit) return;
    seen += rows.length;
    start = { row, seen };
    limit = nextLimit(rows);
    rows = null;
  }
}

function nextLimit(rows: readonly StoredRow[]): number {
  const average = bytesOf(rows) / rows.length;
  return Math.max(1, Math.min(Math.floor(PAGE_BYTES / average), rows.length * 8, PAGE_ROWS));
}

/** As they travel: base64, and some 40 characters of JSON around each value. */
export function bytesOf(rows: readonly StoredRow[]): number {
  let bytes = 0;
  for (const { values } of rows)
    for (const value of values) bytes += 40 + (value instanceof Uint8Array ? value.length * 1.4 : 0);
  return bytes;
}

function tooLarge({ name }: StoredTable): CleanSlateError {
  return new CleanSlateError(
    "BACKUP_FAILED",
    `a row of table "${name}" is larger than the primary sends in one answer`,
    { hint: "turso db shell can dump it; or go on without a backup: --no-backup" },
  );
}
