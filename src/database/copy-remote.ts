import { closeSync, openSync, rmSync } from "node:fs";
import { CleanSlateError } from "../errors.ts";
import { insertStatements } from "../plan/copy-rows.ts";
import { createdObjects, storedTables, type StoredTable } from "../schema/stored-tables.ts";
import { contentHashOf, createContentHash, type ContentHash } from "./content-hash.ts";
import type { Rows } from "./database.ts";
import type { Snapshot } from "./inspect.ts";
import { openLocal } from "./local.ts";
import { bytesOf, readTables, type FirstPages, type ReadPages, type TablePage } from "./read-tables.ts";
import { failureFromSqlite } from "./sqlite-failure.ts";
import { connect } from "./sqlite.ts";
import { openStream, type Stream } from "./stream.ts";
import type { Primary } from "./target.ts";

export interface CopyOptions {
  /** The primary as it was read; the copy is refused when its schema has changed since. */
  readonly snapshot: Snapshot;
  /** Tables that are known to have no rows; they are not read. */
  readonly empty: ReadonlySet<string>;
  /** A file that is not there yet. */
  readonly path: string;
  readonly onProgress: (message: string) => void;
}

/** Bytes up to which a database is asked for in one answer, and how it is asked for. */
const SINGLE_BYTES = 8_000_000;
const PAGE_SIZE = 4096;
const SINGLE = { first: 10_000, together: Infinity };
const PAGED = { first: 100, together: 100 };

/**
 * Copies a primary, in one reading transaction, into a new file readable by its owner only; then reads the file back and
 * compares all of it. A small database takes one round trip; memory stays small for a large one.
 */
export async function copyRemote(primary: Primary, options: CopyOptions): Promise<void> {
  const { bytes, rows } = options.snapshot;
  const isSmall = bytes - rows.length * PAGE_SIZE <= SINGLE_BYTES; // an object has a page of its own, most often an empty one
  if (isSmall && (await copyThrough(openStream(primary, { isSingle: true }), options, SINGLE))) return;
  await copyThrough(openStream(primary, { isSingle: false }), options, PAGED);
}

/** False when the stream had only one round trip, and more were needed. */
async function copyThrough(stream: Stream, options: CopyOptions, first: FirstPages): Promise<boolean> {
  const { snapshot, empty, path } = options;
  const tables = storedTables(snapshot.rows).filter(({ name }) => !empty.has(name));
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

const READ_STATE =
  "SELECT schema_version, (SELECT encoding FROM pragma_encoding) AS encoding FROM pragma_schema_version";

function checkState({ schemaVersion }: Snapshot, state: Rows[number] | undefined): void {
  if (Number(state?.["schema_version"]) !== schemaVersion) {
    throw new CleanSlateError(
      "DATABASE_CHANGED",
      "the schema was changed by someone else while it was backed up",
      {
        hint: "run the command again",
      },
    );
  }
  requireUtf8(String(state?.["encoding"]));
}

/** The bytes of text mean UTF-8 everywhere here. */
export function requireUtf8(encoding: string): void {
  if (encoding === "UTF-8") return;
  throw new CleanSlateError(
    "BACKUP_FAILED",
    `its text is ${encoding}; only UTF-8 is copied between a primary and a file`,
    { hint: "a database keeps the encoding it was made with; a new one is made in UTF-8" },
  );
}

async function writeCopy(
  pages: AsyncIterable<TablePage>,
  { snapshot, path, onProgress }: CopyOptions,
): Promise<ContentHash> {
  closeSync(openSync(path, "wx", 0o600));
  const connection = connect(path);
  const hash = createContentHash();
  const objects = createdObjects(snapshot.rows);
  let bytes = 0;
  try {
    for (const pragma of UNSAFE) connection.exec(pragma);
    connection.exec("BEGIN");
    for (const { sql } of objects.filter(isTable)) connection.exec(sql);
    for await (const page of pages) {
      hash.add(page);
      for (const { sql, args } of insertStatements(page)) connection.prepare(sql).run(args);
      bytes += bytesOf(page.rows);
      onProgress(`backing up: ${(bytes / 1_000_000).toFixed(1)} MB`);
    }
    for (const { sql } of objects.filter((object) => !isTable(object))) connection.exec(sql);
    connection.exec("COMMIT");
    return hash;
  } catch (error) {
    if (error === TOO_MUCH || error instanceof CleanSlateError) throw error;
    throw failureFromSqlite(path, error);
  } finally {
    connection.close();
  }
}

/** The file is worth nothing before it is whole, so it needs no journal. */
const UNSAFE = [
  "PRAGMA journal_mode=OFF",
  "PRAGMA synchronous=OFF",
  "PRAGMA foreign_keys=OFF",
  "PRAGMA ignore_check_constraints=ON",
];

function isTable({ type }: { readonly type: string }): boolean {
  return type === "table";
}

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

export const LOCAL = { first: 1_000, together: 1 };
