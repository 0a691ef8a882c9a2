import { closeSync, openSync, readSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { CleanSlateError } from "../errors.ts";
import { literal } from "../sql/literal.ts";
import type { Database } from "./database.ts";
import { damageIn } from "./integrity.ts";
import { createPageWriter, IS_WHOLE } from "./page-writer.ts";
import { connect, iterateRows, rowsOf } from "./sqlite.ts";
import { failureFromSqlite } from "./sqlite-failure.ts";

export interface LocalCopyOptions {
  readonly source: string;
  /** A file that is not there yet. */
  readonly path: string;
  readonly onProgress: (message: string) => void;
}

/**
 * Copies a local database, open as `database`, into a new file, readable by its owner only, as it is at one moment while others may write.
 * Bytes and pages cost what there is, where VACUUM executes every CREATE again.
 */
export async function copyLocal(database: Database, options: LocalCopyOptions): Promise<void> {
  const { path } = options;
  closeSync(openSync(path, "wx", 0o600));
  if (!(await copySound(database, options))) await database.read([`VACUUM INTO ${literal(path)}`]); // https://www.sqlite.org/lang_vacuum.html#vacuuminto
  if (statSync(path).size === 0)
    throw new CleanSlateError("BACKUP_FAILED", `nothing was written to "${path}"`, {
      hint: "run the command again; if it stays so, please report it",
    });
}

const READ_GEOMETRY =
  `SELECT page_size, page_count, page_count AS coming, ${IS_WHOLE} AS is_whole ` +
  "FROM pragma_page_size, pragma_page_count";

/** A damaged file could be copied and not be restored; VACUUM tells what is wrong, if anything is. */
const CHECK = "PRAGMA quick_check";

/**
 * Copies the pages of a database that has a log: which of them are the newest is known to SQLite alone
 * (https://www.sqlite.org/dbpage.html). False, with nothing copied, for what VACUUM is to copy.
 */
function copyLogged({ source, path, onProgress }: LocalCopyOptions): boolean {
  const connection = connect(resolve(source)); // a transaction of `database` could not hand on its rows one by one
  try {
    connection.exec("BEGIN");
    const [geometry = {}] = rowsOf(connection, READ_GEOMETRY);
    if (!geometry["is_whole"] || damageIn(rowsOf(connection, CHECK)) !== null) return false;
    return withFile(path, "r+", (file) => {
      const pages = createPageWriter(file, onProgress);
      pages.start(geometry);
      for (const page of iterateRows(connection, "SELECT pgno, data FROM sqlite_dbpage")) pages.take(page);
      return pages.finish();
    });
  } catch (error) {
    const isOfCopy = (error as NodeJS.ErrnoException).syscall !== undefined;
    throw isOfCopy ? unwritten(path, error) : failureFromSqlite(source, error);
  } finally {
    connection.close();
  }
}

/**
 * Copies a file byte by byte, or the pages of one that has a log. False, with nothing copied, for what VACUUM is to copy. A transaction
 * that has read keeps the journal mode as it is, and, where there is no log, every writer out of the file.
 */
async function copySound(database: Database, options: LocalCopyOptions): Promise<boolean> {
  const [, geometry, modes] = await database.read(["BEGIN", READ_GEOMETRY, "PRAGMA journal_mode"]);
  try {
    if (modes?.[0]?.["journal_mode"] === "wal") return copyLogged(options);
    if (!geometry?.[0]?.["is_whole"]) return false;
    const [found] = await database.read([CHECK]);
    if (damageIn(found) !== null) return false;
    copyBytes(options.source, options.path);
    return true;
  } finally {
    await database.read(["ROLLBACK"]);
  }
}

/**
 * Closing any descriptor of a file gives up every lock this process has on it (https://www.sqlite.org/howtocorrupt.html, 2.2): nobody else
 * can have written before the copy is whole, and the transaction that held the lock changes nothing.
 */
function copyBytes(source: string, path: string): void {
  const buffer = Buffer.allocUnsafe(1 << 20);
  try {
    withFile(path, "w", (to) =>
      withFile(source, "r", (from) => {
        for (let length = readSync(from, buffer); length > 0; length = readSync(from, buffer))
          writeFileSync(to, buffer.subarray(0, length)); // unlike writeSync all of it
      }),
    );
  } catch (error) {
    throw unwritten(path, error);
  }
}

function withFile<T>(path: string, flags: string, use: (file: number) => T): T {
  const file = openSync(path, flags);
  try {
    return use(file);
  } finally {
    closeSync(file);
  }
}

const NO_ROOM = ["ENOSPC", "EDQUOT", "EFBIG"];

/** What a file system says, as SQLite would. */
export function unwritten(path: string, error: unknown): CleanSlateError {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return failureFromSqlite(path, {
    code: NO_ROOM.includes(code) ? "SQLITE_FULL" : "SQLITE_IOERR",
    message: code || message,
  });
}
