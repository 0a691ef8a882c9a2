import { createClient, type Client } from "@libsql/client/sqlite3";
import { closeSync, openSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { CleanSlateError } from "../errors.ts";
import type { Database, Outcome, Rows } from "./database.ts";
import { failureFromSqlite } from "./sqlite-failure.ts";

/** Milliseconds to wait for another process that holds the file. */
const BUSY_TIMEOUT = 5_000;

/** Opens a local SQLite file; makes it, readable by its owner only, when it is missing. Throws DATABASE_UNREADABLE or DATABASE_BUSY. */
export function openLocal(path: string): Database {
  const client = connectLocal(path);
  return {
    read: (statements) => readLocal(client, path, statements),
    readEach: (statements) => Promise.all(statements.map((sql) => readRows(client, sql).catch(() => null))),
    transact: (statements, reads) => transactLocal(client, path, { statements, reads }),
    close: () => client.close(),
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
export function connectLocal(path: string): Client {
  makePrivate(path);
  const url = pathToFileURL(path).href;
  try {
    return createClient({ url, concurrency: 1, timeout: BUSY_TIMEOUT, intMode: "bigint" });
  } catch (error) {
    throw failureFromSqlite(path, error);
  }
}

async function readLocal(
  client: Client,
  path: string,
  statements: readonly string[],
): Promise<readonly Rows[]> {
  try {
    const results: Rows[] = [];
    for (const sql of statements) results.push(await readRows(client, sql));
    return results;
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

async function readRows(client: Client, sql: string): Promise<Rows> {
  const { rows, columns } = await client.execute(sql);
  return rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, plainValue(row[index])])));
}

function plainValue(value: unknown): Rows[number][string] {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  return value instanceof ArrayBuffer ? new Uint8Array(value) : (value as string | number | null);
}

interface Work {
  readonly statements: readonly string[];
  readonly reads: readonly string[];
}

/** Runs `statements` in one write transaction with foreign keys unenforced, then `reads`. */
export async function transactLocal(
  client: Client,
  path: string,
  { statements, reads }: Work,
): Promise<Outcome> {
  try {
    // With one connection the pragma and the batch meet on it; inside a transaction it would have no effect.
    await client.execute("PRAGMA foreign_keys=OFF");
    await client.batch([...statements], "write");
  } catch (error) {
    const index = (error as { statementIndex?: number }).statementIndex ?? null;
    return { kind: "rolled-back", index, error: await failureWithHolders(path, error) };
  } finally {
    await client.execute("PRAGMA foreign_keys=ON").catch(() => {});
  }
  try {
    return { kind: "committed", reads: await readLocal(client, path, reads) };
  } catch (error) {
    if (error instanceof CleanSlateError) return { kind: "unknown", error };
    throw error;
  }
}
