import { closeSync, openSync } from "node:fs";
import { resolve } from "node:path";
import { CleanSlateError } from "../errors.ts";
import type { Database, Outcome, Rows } from "./database.ts";
import { failureFromSqlite } from "./sqlite-failure.ts";
import { connect, rowsOf, type Connection } from "./sqlite.ts";

/** Milliseconds to wait for another process that holds the file. */
const BUSY_TIMEOUT = 5_000;

/** Opens a local SQLite file; makes it, readable by its owner only, when it is missing. Throws DATABASE_UNREADABLE or DATABASE_BUSY. */
export function openLocal(path: string): Database {
  const connection = connectLocal(path);
  return {
    read: (statements) => readLocal(connection, path, statements),
    readEach: async (statements) => statements.map((sql) => rowsIfReadable(connection, sql)),
    transact: (statements, reads) => transactLocal(connection, path, { statements, reads }),
    close: () => void connection.close(),
  };
}

/** Makes a missing file readable by its owner only, before the driver makes it readable by all. */
function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, "a", 0o600));
  } catch {
    // the driver says it better
  }
}

/** One connection to the file; makes it, readable by its owner only, when it is missing. Throws what SQLite says of it. */
export function connectLocal(path: string): Connection {
  makePrivate(path);
  try {
    return connect(resolve(path), { timeout: BUSY_TIMEOUT });
  } catch (error) {
    throw failureFromSqlite(path, error);
  }
}

function rowsIfReadable(connection: Connection, sql: string): Rows | null {
  try {
    return rowsOf(connection, sql);
  } catch {
    return null;
  }
}

async function readLocal(
  connection: Connection,
  path: string,
  statements: readonly string[],
): Promise<readonly Rows[]> {
  try {
    return statements.map((sql) => rowsOf(connection, sql));
  } catch (error) {
    throw await failureWithHolders(path, error);
  }
}

/** Says who has the file open when that is why it failed. */
export async function failureWithHolders(path: string, error: unknown): Promise<CleanSlateError> {
  const failure = failureFromSqlite(path, error);
  if (failure.code !== "DATABASE_BUSY" || failure === error) return failure;
  const { holdersOf } = await import("./holders.ts");
  const holders = await holdersOf(path);
  if (holders.length === 0) return failure;
  const details = { cause: error, ...(failure.hint !== undefined && { hint: failure.hint }) };
  return new CleanSlateError(
    "DATABASE_BUSY",
    `${failure.message}; it is open in ${holders.join(", ")}`,
    details,
  );
}

interface Work {
  readonly statements: readonly string[];
  readonly reads: readonly string[];
}

/** Runs `statements` in one write transaction with foreign keys unenforced, then `reads`. */
export async function transactLocal(
  connection: Connection,
  path: string,
  { statements, reads }: Work,
): Promise<Outcome> {
  let index: number | null = null;
  try {
    connection.exec("PRAGMA foreign_keys=OFF"); // inside the transaction it would have no effect
    // Readers would be waited for at the end, and until then at every page the cache has no room for.
    connection.exec("BEGIN EXCLUSIVE");
    for (const [position, sql] of statements.entries()) {
      index = position;
      connection.exec(sql);
      if (!connection.inTransaction) throw new Error("the transaction has ended too early");
    }
    index = null;
    connection.exec("COMMIT");
  } catch (error) {
    endTransaction(connection);
    return { kind: "rolled-back", index, error: await failureWithHolders(path, error) };
  }
  endTransaction(connection);
  return { kind: "committed", reads: await readLocal(connection, path, reads).catch(() => null) };
}

/** Rolls back what is still open, and enforces foreign keys again. */
function endTransaction(connection: Connection): void {
  try {
    if (connection.inTransaction) connection.exec("ROLLBACK");
    connection.exec("PRAGMA foreign_keys=ON");
  } catch {
    connection.close(); // which rolls back as well
  }
}
