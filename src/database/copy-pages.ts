import { closeSync, ftruncateSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { CleanSlateError, type ErrorCode } from "../errors.ts";
import { literal } from "../sql/literal.ts";
import { checkState, READ_STATE, type CopyOptions } from "./copied-state.ts";
import { unwritten } from "./copy-local.ts";
import type { Rows } from "./database.ts";
import { readCursor } from "./hrana-cursor.ts";
import { openLocal } from "./local.ts";
import { VECTOR_META } from "../schema/engine-objects.ts";
import type { Primary } from "./target.ts";

/** Codes of a server that cannot do it; what else goes wrong would do so in any other way of reading. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "DATABASE_NOT_FOUND",
  "DATABASE_UNREADABLE",
  "SERVER_FAILED",
  "SQL_INVALID",
]);

/**
 * Copies the pages of a primary's file, in one round trip, as they are in one reading transaction. False, with nothing left, when the server
 * does not give them, or they do not make a sound file: reading the rows then tells what is wrong, if anything is.
 */
export async function copyPages(primary: Primary, options: CopyOptions): Promise<boolean> {
  const received = `${options.path}.pages`;
  try {
    const isWhole = await receivePages(primary, received, options);
    if (isWhole) renameSync(received, options.path);
    else await compact(received, options.path);
    if (await isSound(options.path)) return true;
  } catch (error) {
    if (!(error instanceof CleanSlateError && REFUSALS.has(error.code))) throw error;
  } finally {
    rmSync(received, { force: true });
  }
  rmSync(options.path, { force: true });
  return false;
}

/** Whether all pages come. Of a database more than a quarter of which is free only what is not, unless VACUUM would not leave it as it is. */
const IS_WHOLE =
  "((SELECT freelist_count * 4 <= page_count FROM pragma_freelist_count, pragma_page_count) OR " +
  `EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ${literal(VECTOR_META)}))`;

/** What is in use is told by https://www.sqlite.org/dbstat.html, what a page holds by https://www.sqlite.org/dbpage.html. */
const READ_PAGES = [
  "BEGIN",
  READ_STATE,
  `SELECT page_size, page_count, CASE WHEN ${IS_WHOLE} THEN page_count ELSE (SELECT count(*) FROM dbstat) END AS coming ` +
    "FROM pragma_page_size, pragma_page_count",
  `SELECT pgno, data FROM sqlite_dbpage WHERE ${IS_WHOLE} OR pgno IN (SELECT pageno FROM dbstat)`,
  "COMMIT",
];
const [STATE, GEOMETRY, PAGE] = [1, 2, 3];

/** Writes each page where it belongs in a file that holds nothing else. False when not all were to come: then none is marked as free. */
async function receivePages(primary: Primary, path: string, options: CopyOptions): Promise<boolean> {
  const file = openSync(path, "wx", 0o600);
  const pages = createPageWriter(file, options.onProgress);
  try {
    await readCursor(primary, READ_PAGES, (step, row) => {
      if (step === STATE) checkState(options.snapshot, row);
      if (step === GEOMETRY) pages.start(row);
      if (step === PAGE) pages.take(row);
    });
    return pages.finish();
  } catch (error) {
    const isOfFile = (error as NodeJS.ErrnoException).syscall !== undefined;
    throw error instanceof CleanSlateError ? error : isOfFile ? unwritten(path, error) : noPages(error);
  } finally {
    closeSync(file);
  }
}

interface PageWriter {
  /** Takes the sizes; they come before any page. */
  readonly start: (geometry: Rows[number]) => void;
  readonly take: (page: Rows[number]) => void;
  /** Answers whether all pages were to come. Throws when fewer came than were to. */
  readonly finish: () => boolean;
}

/** Pages that follow each other are written together, as many as this; and progress is told as often. */
const TOGETHER = 256;

function createPageWriter(file: number, onProgress: (line: string) => void): PageWriter {
  const received = new Set<number>();
  let [size, count, coming] = [0, 0, 0];
  let run: { readonly first: number; readonly pages: Uint8Array[] } = { first: 0, pages: [] };
  const writeRun = (): void => {
    writeWhole(file, Buffer.concat(run.pages), (run.first - 1) * size);
  };
  return {
    start: (row) => {
      [size, count, coming] = [row["page_size"], row["page_count"], row["coming"]].map(Number) as Geometry;
    },
    take: (row) => {
      const { number, data } = pageFromRow(row, size, count);
      received.add(number);
      if (number !== run.first + run.pages.length || run.pages.length === TOGETHER) {
        writeRun();
        run = { first: number, pages: [] };
      }
      run.pages.push(data);
      if (received.size % TOGETHER === 0)
        onProgress(`backing up: ${((received.size * size) / 1_000_000).toFixed(1)} MB`);
    },
    finish: () => {
      writeRun();
      if (received.size !== coming) throw noPages();
      ftruncateSync(file, count * size);
      writeWhole(file, JOURNALED, 18);
      if (coming < count) writeWhole(file, NOTHING_FREE, 32);
      return coming === count;
    },
  };
}

type Geometry = [size: number, count: number, coming: number];

/** In the header (https://www.sqlite.org/fileformat2.html#the_database_header): a file without a log beside it; no list of free pages. */
const JOURNALED = Buffer.from([1, 1]);
const NOTHING_FREE = Buffer.alloc(8);

interface Page {
  readonly number: number;
  readonly data: Uint8Array;
}

function pageFromRow({ pgno: number, data }: Rows[number], size: number, count: number): Page {
  const isPage = data instanceof Uint8Array && data.length === size;
  if (isPage && typeof number === "number" && number >= 1 && number <= count) return { number, data };
  throw noPages();
}

function noPages(cause?: unknown): CleanSlateError {
  return new CleanSlateError("SERVER_FAILED", "what the primary sent are not the pages of its file", {
    cause,
  });
}

function writeWhole(file: number, bytes: Uint8Array, position: number): void {
  for (let written = 0; written < bytes.length;)
    written += writeSync(file, bytes, written, bytes.length - written, position + written);
}

/** Leaves out the pages that have not come. */
async function compact(from: string, to: string): Promise<void> {
  closeSync(openSync(to, "wx", 0o600));
  const database = openLocal(from);
  try {
    await database.read([`VACUUM INTO ${literal(to)}`]);
  } finally {
    database.close();
  }
}

async function isSound(path: string): Promise<boolean> {
  const database = openLocal(path);
  try {
    const [found] = await database.read(["PRAGMA quick_check(1)"]);
    return found?.[0]?.["quick_check"] === "ok";
  } finally {
    database.close();
  }
}
