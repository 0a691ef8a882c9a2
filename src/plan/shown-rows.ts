import { identifier } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";

/** What a ledger said of one table's rows. */
export interface ShownRows {
  readonly name: string;
  readonly rows: number;
  /** The highest rowid; null in an empty table and where there is none. */
  readonly highest: number | bigint | null;
}

/** Rows up to which a table is counted again, or read through for its newest row: what that may cost is bounded, however large a table is. */
export const SMALL = 10_000;

/**
 * True in SQL while a table's rows are those that were shown: a small table is counted again, of a large one the highest rowid
 * is compared, which finds new rows without reading the table. A row that was only updated passes: its loss was agreed to.
 */
export function areRowsAsShown({ name, rows, highest }: ShownRows): string {
  const table = identifier(name);
  if (rows > SMALL) return `(SELECT max(rowid) FROM ${table}) IS ${literal(highest)}`;
  return `(SELECT count(*) FROM (SELECT 1 FROM ${table} LIMIT ${rows + 1})) = ${rows}`;
}
