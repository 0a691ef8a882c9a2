import { closeSync, openSync, writeSync } from "node:fs";
import { parseTable } from "../schema/parse-table.ts";
import type { CatalogRow } from "../schema/types.ts";
import { damageIn } from "./integrity.ts";
import { connect, rowsOf, type Connection } from "./sqlite.ts";

/** Opens a file that is worth nothing before it is whole, so that it needs no journal. */
export function connectUnsafe(path: string): Connection {
  const connection = connect(path);
  for (const pragma of [
    "journal_mode=OFF",
    "synchronous=OFF",
    "foreign_keys=OFF",
    "ignore_check_constraints=ON",
  ])
    connection.exec(`PRAGMA ${pragma}`);
  return connection;
}

/** Small: a schema without rows is as many pages as it has tables and indexes. */
const PAGE_SIZE = 1024;

/**
 * Fills a new, empty file with tables and indexes that hold nothing, as CREATE would leave them. At each CREATE SQLite looks at every
 * row of `sqlite_schema`; here these rows are written, and an empty page for each (https://www.sqlite.org/fileformat2.html), so that
 * thousands cost what they are. Answers a connection to it; null for what SQLite then does not find sound, with the file to be made again.
 */
export function writeEmptyTables(path: string, rows: readonly CatalogRow[]): Connection | null {
  try {
    const pages = writeCatalog(path, rows);
    appendPages(path, pages, rows);
    return openSound(path);
  } catch {
    return null; // CREATE says better what is wrong
  }
}

/** Answers of how many pages the catalog is. */
function writeCatalog(path: string, rows: readonly CatalogRow[]): number {
  const connection = connectUnsafe(path);
  try {
    connection.exec(`PRAGMA page_size=${PAGE_SIZE}`);
    connection.exec("CREATE TABLE t (x); DROP TABLE t; PRAGMA writable_schema=ON; BEGIN"); // writes the file's header
    const insert = connection.prepare("INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)");
    for (const { type, name, table, sql } of rows) insert.run([type, name, table, 0, sql]);
    const pages = numberPages(connection);
    connection.exec("COMMIT");
    return pages;
  } finally {
    connection.close();
  }
}

/** Gives each row a page behind the catalog, which grows by that: larger numbers take more bytes. */
function numberPages(connection: Connection): number {
  for (let pages = 0; ;) {
    connection.exec(`UPDATE sqlite_schema SET rootpage = rowid + ${pages}`);
    const [counted] = rowsOf(connection, "SELECT page_count FROM pragma_page_count");
    const now = Number(counted?.["page_count"]);
    if (now === pages) return pages;
    pages = now;
  }
}

/** The header of a page of a table, or of an index (which a table WITHOUT ROWID is), whose cells begin behind its end. */
const [TABLE_LEAF, INDEX_LEAF] = [0x0d, 0x0a];
const [CELLS_AT, PAGE_COUNT_AT] = [5, 28];

function appendPages(path: string, before: number, rows: readonly CatalogRow[]): void {
  const pages = Buffer.alloc(rows.length * PAGE_SIZE);
  for (const [index, row] of rows.entries()) {
    pages[index * PAGE_SIZE] = isStoredAsTable(row) ? TABLE_LEAF : INDEX_LEAF;
    pages.writeUInt16BE(PAGE_SIZE, index * PAGE_SIZE + CELLS_AT);
  }
  const count = Buffer.alloc(4);
  count.writeUInt32BE(before + rows.length);
  const file = openSync(path, "r+");
  try {
    writeSync(file, pages, 0, pages.length, before * PAGE_SIZE);
    writeSync(file, count, 0, count.length, PAGE_COUNT_AT);
  } finally {
    closeSync(file);
  }
}

function isStoredAsTable({ type, sql }: CatalogRow): boolean {
  if (type !== "table") return false;
  const mayBeWithout = sql !== null && /without/i.test(sql);
  return !mayBeWithout || !parseTable(sql).options.includes("WITHOUT ROWID");
}

/** A new connection reads the catalog. */
function openSound(path: string): Connection | null {
  const connection = connectUnsafe(path);
  let isSound = false;
  try {
    isSound = damageIn(rowsOf(connection, "PRAGMA quick_check(1)")) === null;
  } finally {
    if (!isSound) connection.close();
  }
  return isSound ? connection : null;
}
