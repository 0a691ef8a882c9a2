import { setTimeout as sleep } from "node:timers/promises";
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

/** Bytes one answer should have: large enough to hide a round trip, far below the 10 MB a libSQL server sends. */
const ANSWER_BYTES = 6_000_000;
const PAGE_BYTES = 3_000_000;
const PAGE_ROWS = 20_000;

export interface FirstPages {
  /** How many rows the first page of a table may have. */
  readonly first: number;
  /** Of how many tables the first pages are asked for at once. */
  readonly together: number;
}

/** Of a local file, where no round trip is to be saved. */
export const LOCAL: FirstPages = { first: 1_000, together: 1 };

/** Reads every row of every table in pages, so that memory stays small; those of some tables together, so that round trips are few. */
export async function* readTables(
  read: ReadPages,
  tables: readonly StoredTable[],
  { first, together }: FirstPages,
): AsyncGenerator<TablePage> {
  for (let at = 0; at < tables.length; at += together) {
    const group = tables.slice(at, at + together);
    yield* readGroup(
      read,
      group.map((table) => ({ table, start: null, limit: first, bytes: 0 })),
    );
  }
}

/** Where the reading of a table stands. */
interface Reading {
  readonly table: StoredTable;
  readonly start: PageStart | null;
  readonly limit: number;
  /** What the next page may have. */
  readonly bytes: number;
}

/** While a page is worked on the next ones are on their way. */
async function* readGroup(read: ReadPages, group: readonly Reading[]): AsyncGenerator<TablePage> {
  let asked = ask(read, group);
  try {
    while (asked !== null) {
      const { batch, others } = asked;
      const pages = await asked.answer;
      if (pages === null) {
        asked = ask(read, [...(batch.length > 1 ? batch.map(alone) : batch.map(smaller)), ...others]);
        continue;
      }
      const found = batch.map((reading, index) => ({ reading, rows: (pages[index] ?? []).map(storedRow) }));
      asked = ask(read, [...found.flatMap(remaining), ...others]);
      if (asked !== null) await sleep(1); // the request leaves
      for (const { reading, rows } of found) {
        const isFirst = reading.start === null;
        if (rows.length > 0 || isFirst) yield { table: reading.table, rows, isFirst };
      }
    }
  } finally {
    await asked?.answer.catch(() => {}); // a stream answers one question at a time, also the one that closes it
  }
}

interface Asked {
  readonly batch: readonly Reading[];
  readonly others: readonly Reading[];
  readonly answer: ReturnType<ReadPages>;
}

function ask(read: ReadPages, open: readonly Reading[]): Asked | null {
  if (open.length === 0) return null;
  const batch = open.slice(0, fitting(open));
  const answer = read(batch.map(({ table, start, limit }) => pageQuery(table, start, limit)));
  answer.catch(() => {}); // awaited when its turn has come
  return { batch, others: open.slice(batch.length), answer };
}

/** How many of the first pages one answer holds, as far as can be foreseen; at least one. */
function fitting(open: readonly Reading[]): number {
  let bytes = 0;
  const beyond = open.findIndex((reading) => (bytes += reading.bytes) > ANSWER_BYTES);
  return beyond === -1 ? open.length : Math.max(1, beyond);
}

function alone(reading: Reading): Reading {
  return { ...reading, limit: Math.ceil(reading.limit / 16), bytes: ANSWER_BYTES };
}

function smaller(reading: Reading): Reading {
  if (reading.limit === 1) throw tooLarge(reading.table);
  return { ...reading, limit: Math.ceil(reading.limit / 8) };
}

interface Found {
  readonly reading: Reading;
  readonly rows: readonly StoredRow[];
}

/** What is still to be read after a page; nothing when it was the last. */
function remaining({ reading: { table, start, limit }, rows }: Found): Reading[] {
  const row = rows.at(-1);
  if (row === undefined || rows.length < limit) return [];
  const average = bytesOf(rows) / rows.length;
  const next = Math.max(1, Math.min(Math.floor(PAGE_BYTES / average), rows.length * 8, PAGE_ROWS));
  const seen = (start?.seen ?? 0) + rows.length;
  return [{ table, start: { row, seen }, limit: next, bytes: next * average }];
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
