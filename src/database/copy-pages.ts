import { closeSync, openSync, renameSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { CleanSlateError, type ErrorCode } from "../errors.ts";
import { literal } from "../sql/literal.ts";
import { checkState, READ_STATE, type CopyOptions } from "./copied-state.ts";
import type { Value } from "./database.ts";
import { unwritten } from "./copy-local.ts";
import { readCursor } from "./hrana-cursor.ts";
import type { Snapshot } from "./inspect.ts";
import { damageIn } from "./integrity.ts";
import { openLocal } from "./local.ts";
import { areAllPages, differingPages, hashQueries, writeBase } from "./page-base.ts";
import { createPageWriter, IS_WHOLE, withoutLog, type PageWriter } from "./page-writer.ts";
import type { Primary } from "./target.ts";

/** Codes of a server that cannot do it; what else goes wrong would do so in any other way of reading. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "DATABASE_NOT_FOUND",
  "DATABASE_UNREADABLE",
  "SERVER_FAILED",
  "SQL_INVALID",
]);

/**
 * Copies the pages of a primary's file, in one round trip, as they are in one reading transaction. Where there is a base, the server hashes
 * its pages first: equal ones stay, and those that differ come in one round trip more. False, with nothing left, when the server
 * does not give them, or they do not make a sound file: reading the rows then tells what is wrong, if anything is.
 */
export async function copyPages(primary: Primary, options: CopyOptions): Promise<boolean> {
  const received = `${options.path}.pages`;
  try {
    const { isWhole, isKnownSound } = await receivePages(primary, received, options);
    if (isWhole) renameSync(received, options.path);
    else await compact(received, options.path);
    if (isKnownSound || (await isSound(options.path))) return true;
  } catch (error) {
    if (!(error instanceof CleanSlateError && REFUSALS.has(error.code))) throw error;
  } finally {
    rmSync(received, { force: true });
  }
  rmSync(options.path, { force: true });
  return false;
}

/** What is in use is told by https://www.sqlite.org/dbstat.html, what a page holds by https://www.sqlite.org/dbpage.html. */
const IS_WANTED = `(${IS_WHOLE} OR pgno IN (SELECT pageno FROM dbstat))`;
const readGeometry = (coming: string): string =>
  `SELECT page_size, page_count, ${IS_WHOLE} AS is_whole, ${coming} AS coming FROM pragma_page_size, pragma_page_count`;
const COMING = `CASE WHEN ${IS_WHOLE} THEN page_count ELSE (SELECT count(*) FROM dbstat) END`;
const ALL_PAGES = `SELECT pgno, data FROM sqlite_dbpage WHERE ${IS_WANTED}`;
const [STATE, GEOMETRY, PAGES] = [1, 2, 3];

const inTransaction = (coming: string, queries: readonly string[]): string[] => [
  "BEGIN",
  READ_STATE,
  readGeometry(coming),
  ...queries,
  "COMMIT",
];

interface Received {
  /** Whether all pages were to come; else none is marked as free. */
  readonly isWhole: boolean;
  readonly isKnownSound: boolean;
}

/** Runs queries in a reading transaction; `coming` is SQL for how many pages they answer with, but for those they count themselves. */
type Receive = (coming: string, queries: readonly string[], take?: PageWriter["take"]) => Promise<void>;

/** Writes each page where it belongs in a file that holds nothing else. */
async function receivePages(primary: Primary, path: string, options: CopyOptions): Promise<Received> {
  const { snapshot, base, onProgress } = options;
  const file = openSync(path, "wx+", 0o600);
  const pages = createPageWriter(file, onProgress);
  const receive: Receive = (coming, queries, take = pages.take) =>
    readCursor(primary, inTransaction(coming, queries), (step, row) => {
      if (step === STATE) checkState(snapshot, row);
      if (step === GEOMETRY) pages.start(row);
      if (step >= PAGES) take(row);
    });
  try {
    if (base === null) await receive(COMING, [ALL_PAGES]);
    const isBaseSound = base !== null && (await receiveOthers({ file, path, base }, snapshot, receive));
    const isWhole = pages.finish();
    return { isWhole, isKnownSound: isWhole && isBaseSound };
  } catch (error) {
    if (error instanceof CleanSlateError) throw error;
    const isOfFile = (error as NodeJS.ErrnoException).syscall !== undefined;
    throw isOfFile && base === null ? unwritten(path, error) : noPages(error); // what is wrong with a base alone is none without it
  } finally {
    closeSync(file);
  }
}

interface Draft {
  readonly file: number;
  readonly path: string;
  readonly base: string;
}

/** Writes the pages of a base and receives those the primary does not have like that. Whether there are none, and the file is sound. */
async function receiveOthers(
  { file, path, base }: Draft,
  { pageSize, fileBytes }: Snapshot,
  receive: Receive,
): Promise<boolean> {
  const sizes = { size: pageSize, bytes: fileBytes };
  const answers: Value[] = [];
  const hashing = receive("0", hashQueries(sizes), ({ hash = null }) => void answers.push(hash));
  hashing.catch(() => {}); // awaited below: nobody may write into a file that is closed
  await sleep(1); // the server hashes meanwhile
  const known = await writeBase(base, file, sizes);
  const isBaseSound = known !== null && (await isSoundBase(file, path));
  await hashing;
  if (known === null) throw noPages();
  if (areAllPages(known, answers, sizes)) return isBaseSound;
  await receive("0", differingPages(known, sizes, IS_WANTED));
  return false;
}

function noPages(cause?: unknown): CleanSlateError {
  return new CleanSlateError("SERVER_FAILED", "what the primary sent are not the pages of its file", {
    cause,
    hint: "run the command again; if it stays so, please report it",
  });
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

/** Looked at before it is known to be what the primary has: most often it is. */
function isSoundBase(file: number, path: string): Promise<boolean> {
  withoutLog(file);
  return isSound(path).catch(() => false);
}

async function isSound(path: string): Promise<boolean> {
  const database = openLocal(path);
  try {
    const [found] = await database.read(["PRAGMA quick_check"]);
    return damageIn(found) === null;
  } finally {
    database.close();
  }
}
