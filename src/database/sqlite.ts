import Libsql from "libsql";
import type { Rows, Value } from "./database.ts";

/** One connection to a SQLite database in this process. */
export type Connection = Pick<InstanceType<typeof Libsql>, "exec" | "prepare" | "close" | "inTransaction">;

export const IN_MEMORY = ":memory:";

export interface ConnectOptions {
  /** Milliseconds to wait for another process that holds the file. */
  readonly timeout?: number;
}

/**
 * Opens a file, which is made when it is missing, or {@link IN_MEMORY}. This is the driver below @libsql/client, which wraps it into
 * the interface of a remote database at a third of what loading both, and running a statement, takes. Throws what SQLite says.
 */
export function connect(path: string, options: ConnectOptions = {}): Connection {
  return new Libsql(path, options);
}

export interface ReplicaOptions {
  readonly syncUrl: string;
  readonly authToken: string | null;
}

export interface SyncedReplica {
  readonly connection: Connection;
  /** The frame of the primary's log it has reached; null where the protocol does not tell. */
  readonly frame: number | null;
}

/** Opens an embedded replica and brings it to its primary's state, which blocks for as long as that takes. */
export function connectReplica(path: string, { syncUrl, authToken }: ReplicaOptions): SyncedReplica {
  const options = { syncUrl, ...(authToken !== null && { authToken }) }; // the driver's types do not know the token
  const connection = new Libsql(path, options);
  const { frame_no: frame = null } = (connection.sync() ?? {}) as { readonly frame_no?: number };
  return { connection, frame };
}

/** Runs one statement and returns its rows, none for one that has none. */
export function rowsOf(connection: Connection, sql: string): Rows {
  const statement = connection.prepare(sql).safeIntegers(true);
  if (statement.reader) return (statement.all() as Record<string, unknown>[]).map(plainRow);
  statement.run();
  return [];
}

/** The rows of one statement, never all of them in memory. */
export function* iterateRows(connection: Connection, sql: string): Generator<Rows[number]> {
  const statement = connection.prepare(sql).safeIntegers(true);
  for (const row of statement.iterate() as Iterable<Record<string, unknown>>) yield plainRow(row);
}

/** Integers that fit become numbers. */
function plainRow(row: Record<string, unknown>): Rows[number] {
  for (const name in row) {
    const value = row[name];
    if (typeof value === "bigint" && Number.isSafeInteger(Number(value))) row[name] = Number(value);
    else if (value instanceof ArrayBuffer) row[name] = new Uint8Array(value);
  }
  return row as Record<string, Value>;
}
