import { closeSync, openSync, rmSync, truncateSync } from "node:fs";
import { CleanSlateError } from "../errors.ts";
import { insertStatements } from "../plan/copy-rows.ts";
import {
  createdObjects,
  plainTables,
  storedTables,
  type CreatedObject,
  type StoredTable,
} from "../schema/stored-tables.ts";
import { checkState, READ_STATE, type CopyOptions } from "./copied-state.ts";
import { contentHashOf, createContentHash, type ContentHash } from "./content-hash.ts";
import type { Snapshot } from "./inspect.ts";
import { copyPages } from "./copy-pages.ts";
import { openLocal } from "./local.ts";
import {
  bytesOf,
  LOCAL,
  readTables,
  type FirstPages,
  type ReadPages,
  type TablePage,
} from "./read-tables.ts";
import { failureFromSqlite } from "./sqlite-failure.ts";
import type { Connection } from "./sqlite.ts";
import { openStream, type Stream } from "./stream.ts";
import type { Primary } from "./target.ts";
import { connectUnsafe, writeEmptyTables } from "./write-empty-tables.ts";
import type { CatalogRow } from "../schema/types.ts";

/** How many rows are asked for: of a small database all in one answer. */
const SINGLE = { first: 10_000, together: Infinity };
const PAGED = { first: 100, together: 100 };

/**
 * Copies a primary, as it is in one reading transaction, into a new file readable by its owner only. One round trip brings either the
 * rows of a small database or the pages of any other; where a server does not give its pages, rows come in as many as they need.
 */
export async function copyRemote(primary: Primary, options: CopyOptions): Promise<void> {
  const isSingle = areRowsSmaller(options.snapshot);
  if (isSingle && (await copyThrough(openStream(primary, { isSingle }), options, SINGLE))) return;
  if (await copyPages(primary, options)) return;
  if (options.base !== null && (await copyPages(primary, { ...options, base: null }))) return;
  await copyThrough(openStream(primary, { isSingle: false }), options, PAGED);
}

const PAGE_SIZE = 4096;

/** What rows are as JSON for each byte they take in their pages, about. */
const OF_ROWS = 3;

/** What one answer may have: a server sends 10 MB at most. */
const ANSWER_BYTES = 8_000_000;

/** An object has a page of its own, most often an empty one, which rows do without. */
function areRowsSmaller({ bytes, rows }: Snapshot): boolean {
  const filled = bytes - rows.length * PAGE_SIZE;
  return filled * OF_ROWS <= Math.min(bytes, ANSWER_BYTES);
}

/** False when the stream had only one round trip, and more were needed. */
async function copyThrough(stream: Stream, options: CopyOptions, first: FirstPages): Promise<boolean> {
  const { snapshot, empty, path } = options;
  const tables = storedTables(snapshot.rows, empty);
  try {
    const pages = readTables(readFrom(stream, snapshot, first === SINGLE), tables, first);
    const sent = await writeCopy(pages, options);
    await proveCopy(path, tables, sent);
    return true;
  } catch (error) {
    if (error !== TOO_MUCH) throw error;
    rmSync(path, { force: true });
    return false;
  } finally {
    await stream.close();
  }
}

const TOO_MUCH = new Error("one round trip is not enough");

/** Reads in one transaction, and makes sure that the schema in it is the one the queries were made for. */
function readFrom(stream: Stream, snapshot: Snapshot, isSingle: boolean): ReadPages {
  let isOpen = false;
  return async (queries) => {
    if (isOpen) {
      if (isSingle) throw TOO_MUCH;
      return stream.page(queries);
    }
    isOpen = true;
    const opening = ["BEGIN", READ_STATE];
    const answer = await stream.page(isSingle ? [...opening, ...queries] : opening);
    if (answer === null) throw TOO_MUCH;
    checkState(snapshot, answer[1]?.[0]);
    return isSingle ? answer.slice(opening.length) : stream.page(queries);
  };
}

async function writeCopy(
  pages: AsyncIterable<TablePage>,
  { snapshot, path, onProgress }: CopyOptions,
): Promise<ContentHash> {
  closeSync(openSync(path, "wx", 0o600));
  const { connection, later } = createTables(path, snapshot.rows);
  const hash = createContentHash();
  let bytes = 0;
  try {
    connection.exec("BEGIN");
    for await (const page of pages) {
      hash.add(page);
      for (const { sql, args } of insertStatements(page)) connection.prepare(sql).run(args);
      bytes += bytesOf(page.rows);
      onProgress(`backing up: ${(bytes / 1_000_000).toFixed(1)} MB`);
    }
    for (const { sql } of later) connection.exec(sql);
    connection.exec("COMMIT");
    return hash;
  } catch (error) {
    if (error === TOO_MUCH || error instanceof CleanSlateError) throw error;
    throw failureFromSqlite(path, error);
  } finally {
    connection.close();
  }
}

interface CreatedTables {
  readonly connection: Connection;
  /** What is to be created when their rows are there. */
  readonly later: readonly CreatedObject[];
}

function createTables(path: string, rows: readonly CatalogRow[]): CreatedTables {
  const objects = createdObjects(rows);
  const plain = plainTables(rows);
  const written = plain && writeEmptyTables(path, plain);
  if (written) return { connection: written, later: objects.filter(isProgram) };
  truncateSync(path);
  const connection = connectUnsafe(path);
  try {
    connection.exec("BEGIN");
    for (const { sql } of objects.filter(isTable)) connection.exec(sql);
    connection.exec("COMMIT");
    return { connection, later: objects.filter((object) => !isTable(object)) };
  } catch (error) {
    connection.close();
    throw failureFromSqlite(path, error);
  }
}

const isTable = ({ type }: CatalogRow): boolean => type === "table";
const isProgram = ({ type }: CatalogRow): boolean => type === "view" || type === "trigger";

async function proveCopy(path: string, tables: readonly StoredTable[], sent: ContentHash): Promise<void> {
  const found = await hashOfFile(path, tables);
  if (found.digest() === sent.digest()) return;
  const wrong = tables.find(({ name }) => found.rows.get(name) !== sent.rows.get(name));
  const where = wrong ? `table "${wrong.name}" has other rows` : "a value differs";
  throw new CleanSlateError("BACKUP_FAILED", `the copy is not what the primary sent: ${where}`, {
    hint: "run the command again; if it stays so, please report it",
  });
}

/** Hashes the tables of a local file. */
async function hashOfFile(path: string, tables: readonly StoredTable[]): Promise<ContentHash> {
  const database = openLocal(path);
  try {
    return await contentHashOf(readTables((queries) => database.read(queries), tables, LOCAL));
  } finally {
    database.close();
  }
}
