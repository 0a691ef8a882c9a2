import type { Statement } from "../schema/create.ts";
import type { CatalogRow } from "../schema/types.ts";

/** A row of a catalog as it is kept beside the statements that make it: the text of one is named by its position. */
export type KeptRow = readonly [CatalogRow["type"], name: string, table: string, sql: string | number | null];

export function keptRows(rows: readonly CatalogRow[], statements: readonly Statement[]): KeptRow[] {
  const positions = new Map(statements.map(({ sql }, position) => [sql, position]));
  return rows.map(({ type, name, table, sql }) => [
    type,
    name,
    table,
    sql === null ? null : (positions.get(sql) ?? sql),
  ]);
}

export function rowsFromKept(rows: readonly KeptRow[], statements: readonly Statement[]): CatalogRow[] {
  return rows.map(([type, name, table, sql]) => ({
    type,
    name,
    table,
    sql: typeof sql === "number" ? (statements[sql]?.sql ?? null) : sql,
  }));
}
