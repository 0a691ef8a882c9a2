import { closeSync, openSync, readSync, statSync, writeFileSync } from "node:fs";
import { CleanSlateError } from "../errors.ts";
import { VECTOR_META } from "../schema/engine-objects.ts";
import { literal } from "../sql/literal.ts";
import type { Database } from "./database.ts";
import { failureFromSqlite } from "./sqlite-failure.ts";

/** Copies a local database, open as `database`, into a new file, readable by its owner only, as it is at one moment while others may write. */
export async function copyLocal(database: Database, source: string, path: string): Promise<void> {
  closeSync(openSync(path, "wx", 0o600));
  if (!(await copySound(database, source, path))) await database.read([`VACUUM INTO ${literal(path)}`]); // https://www.sqlite.org/lang_vacuum.html#vacuuminto
  if (statSync(path).size === 0)
    throw new CleanSlateError("BACKUP_FAILED", `nothing was written to "${path}"`);
}

/** A transaction that has read keeps every writer out of the file, and its journal mode as it is. */
const READ_FILE = [
  "BEGIN",
  "SELECT freelist_count * 4 <= page_count OR " +
    `EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ${literal(VECTOR_META)}) AS is_dense ` +
    "FROM pragma_page_count, pragma_freelist_count",
  "PRAGMA journal_mode",
];

/**
 * Copies a file byte by byte, which costs half of what VACUUM does or less: that executes every CREATE again. A damaged file could
 * be copied in this way and not be restored, so it is checked first. False, with nothing copied, for one that does not pass (VACUUM tells
 * what is wrong, if anything is), whose log is a part of it, or much of which is free (unless VACUUM would not leave it as it is).
 */
async function copySound(database: Database, source: string, path: string): Promise<boolean> {
  const [, pages, modes] = await database.read(READ_FILE);
  try {
    if (!pages?.[0]?.["is_dense"] || modes?.[0]?.["journal_mode"] === "wal") return false;
    const [found] = await database.read(["PRAGMA quick_check(1)"]);
    if (found?.[0]?.["quick_check"] !== "ok") return false;
    copyBytes(source, path);
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
  const [from, to] = [openSync(source, "r"), openSync(path, "w")];
  try {
    const buffer = Buffer.allocUnsafe(1 << 20);
    for (let length = readSync(from, buffer); length > 0; length = readSync(from, buffer))
      writeFileSync(to, buffer.subarray(0, length)); // unlike writeSync all of it
  } catch (error) {
    throw unwritten(path, error);
  } finally {
    closeSync(from);
    closeSync(to);
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
