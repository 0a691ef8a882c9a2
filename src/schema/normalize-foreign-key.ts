import { foldName } from "../sql/identifier.ts";
import { columnOfTerm } from "./rowid-alias.ts";
import type { ForeignKey, Table } from "./types.ts";

/**
 * A foreign key in canonical form: the parent's primary key written out when it is meant and known, column pairs sorted,
 * names folded. `tables` holds the schema's tables by folded name.
 */
export function normalizeForeignKey(key: ForeignKey, tables: ReadonlyMap<string, Table>): ForeignKey {
  const foreignColumns = key.foreignColumns.length > 0 ? key.foreignColumns : primaryKeyOf(key, tables);
  const pairs = key.columns.map(
    (column, at) => [foldName(column), foldName(foreignColumns[at] ?? "")] as const,
  );
  if (foreignColumns.length > 0) pairs.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
  return {
    name: null,
    columns: pairs.map(([column]) => column),
    foreignTable: foldName(key.foreignTable),
    foreignColumns: foreignColumns.length > 0 ? pairs.map(([, foreign]) => foreign) : [],
    onDelete: key.onDelete.toUpperCase(),
    onUpdate: key.onUpdate.toUpperCase(),
    deferrable: key.deferrable === null ? null : key.deferrable.toUpperCase(),
  };
}

/** The parent's primary key columns, or none when the parent is unknown or its key does not fit. */
function primaryKeyOf(key: ForeignKey, tables: ReadonlyMap<string, Table>): readonly string[] {
  const terms = tables.get(foldName(key.foreignTable))?.primaryKey?.terms ?? [];
  const columns = terms.map(columnOfTerm).filter((column) => column !== null);
  return columns.length === key.columns.length && columns.length === terms.length ? columns : [];
}
