import { foldName } from "../sql/identifier.ts";
import { nameIn, tokenize } from "../sql/tokens.ts";
import type { Column, Table } from "./types.ts";

/**
 * The column that is another name for the rowid, or null: the only primary key column, declared exactly `INTEGER`, in a
 * table with rowids. `"id" DESC` is not one, it stands for SQLite's quirk that `id INTEGER PRIMARY KEY DESC` on the
 * column makes an ordinary key (https://www.sqlite.org/lang_createtable.html#rowid).
 */
export function rowidAliasOf(table: Pick<Table, "columns" | "primaryKey" | "options">): Column | null {
  const [term, ...others] = table.primaryKey?.terms ?? [];
  if (term === undefined || others.length > 0 || table.options.includes("WITHOUT ROWID")) return null;
  const name = columnOfTerm(term);
  const column = table.columns.find(
    (candidate) => name !== null && foldName(candidate.name) === foldName(name),
  );
  return column?.type.toUpperCase() === "INTEGER" && !isDescending(term) ? column : null;
}

/** The column a term names (with or without COLLATE, ASC, DESC), or null when the term is an expression. */
export function columnOfTerm(term: string): string | null {
  const [name, next] = tokenize(term);
  return next === undefined || ["collate", "asc", "desc"].includes(next.word) ? nameIn(name) : null;
}

function isDescending(term: string): boolean {
  return tokenize(term).at(-1)?.word === "desc" && tokenize(term).length > 1;
}
