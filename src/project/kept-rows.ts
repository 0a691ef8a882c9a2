import type { Statement } from "../schema/create.ts";
import type { CatalogRow } from "../schema/types.ts";

/**
 * A row of a catalog as it is kept beside the statements that make it: the position of the statement, where the row says what can be
 * told from that. In another row a text is named by its position.
 */
export type KeptRow =
  | number
  | readonly [type: CatalogRow["type"], name: string, table: string, sql: string | number | null];

export function keptRows(rows: readonly CatalogRow[], statements: readonly Statement[]): KeptRow[] {
  const usual = usualRows(statements);
  const positions = new Map(statements.map(({ sql }, position) => [sql, position]));
  return rows.map(({ type, name, table, sql }) => {
    const position = sql === null ? undefined : positions.get(sql);
    if (position === undefined) return [type, name, table, sql];
    const row = usual[position];
    const isUsual = row?.type === type && row.name === name && row.table === table;
    return isUsual ? position : [type, name, table, position];
  });
}

export function rowsFromKept(rows: readonly KeptRow[], statements: readonly Statement[]): CatalogRow[] {
  const usual = usualRows(statements);
  return rows.flatMap((row) => {
    if (typeof row === "number") return usual[row] ?? [];
    const [type, name, table, sql] = row;
    return { type, name, table, sql: typeof sql === "number" ? (statements[sql]?.sql ?? null) : sql };
  });
}

/** The row of each statement, if an index belongs to the table before it. */
function usualRows(statements: readonly Statement[]): CatalogRow[] {
  let before = "";
  return statements.map(({ kind, name, sql }) => {
    if (kind === "table") before = name;
    const type = kind === "virtual table" ? "table" : kind;
    return { type, name, table: kind === "index" ? before : name, sql };
  });
}
