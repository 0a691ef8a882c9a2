import type { StoredTable } from "../schema/stored-tables.ts";
import { identifier } from "../sql/identifier.ts";
import { kindsOf, readable, storedLiteral, type StoredValue } from "../sql/stored-value.ts";

/** A row as it is stored, in the order of its table's columns. */
export interface StoredRow {
  /** One letter per value, as {@link StoredValue.kind}. */
  readonly kinds: string;
  readonly values: readonly StoredValue["value"][];
}

/** A statement and the blobs bound to its question marks. */
export interface BoundStatement {
  readonly sql: string;
  readonly args: readonly Uint8Array[];
}

/** Where a page begins: behind `row`, the last one of `seen` rows. */
export interface PageStart {
  readonly row: StoredRow;
  readonly seen: number;
}

/** Reads up to `limit` rows in the order of their key: first the kinds, then the values. */
export function pageQuery(table: StoredTable, start: PageStart | null, limit: number): string {
  const { name, columns, key, hasRowid, filter } = table;
  const list = [kindsOf(columns), ...columns.map(readable)].map((term, index) => `${term} AS c${index}`);
  const terms = key.map((index) => (hasRowid ? columns[index] : `${columns[index]} COLLATE BINARY`));
  const isKeyless = terms.length === 0;
  const isBehind = start !== null && !isKeyless && `(${terms.join(", ")}) > (${keyLiterals(key, start.row)})`;
  const conditions = [filter, isBehind].filter(Boolean);
  return [
    `SELECT ${list.join(", ")} FROM ${identifier(name)}${isKeyless ? " NOT INDEXED" : ""}`,
    conditions.length > 0 && `WHERE ${conditions.join(" AND ")}`,
    !isKeyless && `ORDER BY ${terms.join(", ")}`,
    `LIMIT ${limit}`,
    start !== null && isKeyless && `OFFSET ${start.seen}`,
  ]
    .filter(Boolean)
    .join(" ");
}

/** A plus takes the affinity from what CAST makes; a value with one would be compared as another. */
function keyLiterals(key: readonly number[], { kinds, values }: StoredRow): string {
  return key
    .map((index) => `+${storedLiteral({ kind: kinds[index] ?? "n", value: values[index] ?? null }, null)}`)
    .join(", ");
}

/** Turns what {@link pageQuery} read into a row. */
export function storedRow(read: Readonly<Record<string, StoredValue["value"]>>): StoredRow {
  const [kinds, ...values] = Object.values(read);
  return { kinds: String(kinds), values };
}

/** Bounds of one INSERT: SQL text that any server takes, and fewer variables than SQLite's limit of 32,766. */
const STATEMENT_LENGTH = 262_144;
const STATEMENT_ARGS = 10_000;
const BOUND_LENGTH = 2_000_000;

/** Empties what has rows as soon as it is there, right before its own come. */
function clearStatement({ name, filter }: StoredTable): string {
  return `DELETE FROM ${identifier(name)}${filter === null ? "" : ` WHERE ${filter}`}`;
}

export interface Insertion {
  readonly table: StoredTable;
  readonly rows: readonly StoredRow[];
  /** Whether these are the first rows of the table. */
  readonly isFirst: boolean;
}

/** Writes rows as INSERT statements of bounded size. */
export function insertStatements({ table, rows, isFirst }: Insertion): BoundStatement[] {
  const head = `INSERT INTO ${identifier(table.name)} (${table.columns.join(", ")}) VALUES `;
  const statements: BoundStatement[] =
    isFirst && table.isPrefilled ? [{ sql: clearStatement(table), args: [] }] : [];
  let tuples: string[] = [];
  let args: Uint8Array[] = [];
  let length = 0;
  const flush = (): void => {
    if (tuples.length > 0) statements.push({ sql: head + tuples.join(","), args });
    [tuples, args, length] = [[], [], 0];
  };
  for (const { kinds, values } of rows) {
    const own: Uint8Array[] = [];
    const tuple = `(${values.map((value, index) => storedLiteral({ kind: kinds[index] ?? "n", value }, own)).join(",")})`;
    const size = tuple.length + (boundLength(own) * STATEMENT_LENGTH) / BOUND_LENGTH;
    if (length + size > STATEMENT_LENGTH || args.length + own.length > STATEMENT_ARGS) flush();
    tuples.push(tuple);
    args.push(...own);
    length += size;
  }
  flush();
  return statements;
}

/** Bytes that are bound rather than spelt out. */
export function boundLength(args: BoundStatement["args"]): number {
  return args.reduce((sum, arg) => sum + arg.length, 0);
}
