import { foldName, identifier } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { isEngineObject, isVirtual, shadowNames } from "./engine-objects.ts";
import { parseTable } from "./parse-table.ts";
import { columnOfTerm, rowidAliasOf } from "./rowid-alias.ts";
import type { CatalogRow, Table } from "./types.ts";

/** A table whose rows are copied one by one. */
export interface StoredTable {
  readonly name: string;
  /** True for what has rows as soon as its owner is made (shadow tables of virtual ones, AUTOINCREMENT counters): cleared first. */
  readonly isPrefilled: boolean;
  /** SQL names of everything a row consists of: the rowid where no column stands for it, then every column that is not generated. */
  readonly columns: readonly string[];
  /** Positions in `columns` of what tells rows apart; empty where nothing can be named that does. */
  readonly key: readonly number[];
  readonly hasRowid: boolean;
  /** SQL of which rows are meant; null for all. */
  readonly filter: string | null;
}

/**
 * The tables a backup's rows are read from and written to, in order of creation, and the AUTOINCREMENT counters. Virtual tables
 * are left out, because theirs lie in shadow tables; so are the shadow tables of vector indexes, which are made from the rows,
 * and what is known to be `empty`, by name, and would be when it was made.
 */
export function storedTables(
  rows: readonly CatalogRow[],
  empty: ReadonlySet<string> = new Set(),
): StoredTable[] {
  const shadows = shadowNames(rows);
  const copied = shadowNames(rows.filter(({ type }) => type === "table"));
  const counted: string[] = [];
  const tables = rows.flatMap(({ type, name, sql }) => {
    const folded = foldName(name);
    const isPrefilled = copied.has(folded);
    if (type !== "table" || sql === null || isVirtual(sql) || isEngineObject(name)) return [];
    if (shadows.has(folded) && !isPrefilled) return [];
    const mayCount = !empty.has(COUNTERS) && /autoincrement/i.test(sql);
    const isEmpty = empty.has(name) && !isPrefilled;
    if (isEmpty && !mayCount) return [];
    const table = parseTable(sql);
    if (mayCount && table.primaryKey?.autoincrement) counted.push(name);
    return isEmpty ? [] : [storedTable(name, isPrefilled, table)];
  });
  return counted.length > 0 ? [...tables, countersOf(counted)] : tables;
}

const COUNTERS = "sqlite_sequence";

function countersOf(tables: readonly string[]): StoredTable {
  const filter = `name IN (${tables.map(literal).join(", ")})`;
  const columns = ["name", "seq"];
  return { name: COUNTERS, isPrefilled: true, columns, key: [0], hasRowid: true, filter };
}

export interface CreatedObject extends CatalogRow {
  readonly sql: string;
  readonly isVirtual: boolean;
}

/** Everything that is created again, in order of creation: neither what SQLite makes by itself nor what belongs to an engine. */
export function createdObjects(rows: readonly CatalogRow[]): CreatedObject[] {
  const shadows = shadowNames(rows);
  return rows.flatMap((row) => {
    const { name, table, sql } = row;
    const isOurs = !isEngineObject(name) && !isEngineObject(table) && !shadows.has(foldName(name));
    return sql !== null && isOurs ? [{ ...row, sql, isVirtual: isVirtual(sql) }] : [];
  });
}

/** The tables and indexes of those, and what SQLite makes with them; null where something else keeps tables of its own beside. */
export function plainTables(rows: readonly CatalogRow[]): CatalogRow[] | null {
  if (shadowNames(rows).size > 0 || createdObjects(rows).some((object) => object.isVirtual)) return null;
  const isKept = ({ name, table }: CatalogRow): boolean =>
    !isEngineObject(table) && (!isEngineObject(name) || name.startsWith("sqlite_autoindex_"));
  return rows.filter(
    (row) => (row.type === "table" || row.type === "index") && (isKept(row) || row.name === COUNTERS),
  );
}

function storedTable(name: string, isPrefilled: boolean, table: Table): StoredTable {
  const names = table.columns.filter(({ generated }) => generated === null).map((column) => column.name);
  const position = (column: string): number =>
    names.findIndex((other) => foldName(other) === foldName(column));
  const columns = names.map(identifier);
  const hasRowid = !table.options.includes("WITHOUT ROWID");
  if (!hasRowid) {
    const key = (table.primaryKey?.terms ?? []).map((term) => position(columnOfTerm(term) ?? ""));
    return { name, isPrefilled, columns, key, hasRowid, filter: null };
  }
  const alias = rowidAliasOf(table);
  if (alias) return { name, isPrefilled, columns, key: [position(alias.name)], hasRowid, filter: null };
  const taken = new Set(table.columns.map((column) => foldName(column.name)));
  const rowid = ["rowid", "_rowid_", "oid"].find((word) => !taken.has(word));
  return rowid === undefined
    ? { name, isPrefilled, columns, key: [], hasRowid, filter: null }
    : { name, isPrefilled, columns: [rowid, ...columns], key: [0], hasRowid, filter: null };
}
