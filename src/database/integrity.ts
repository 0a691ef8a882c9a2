import type { Rows } from "./database.ts";

/**
 * Of a table whose text is not in it, or is gone, SQLite cannot tell whether its index is right; of a wrong one it says that it is
 * malformed (https://www.sqlite.org/fts3.html#_contentless_fts4_tables_).
 */
const NOT_LOOKED_AT = /^unable to validate the inverted index for FTS\d+ table .*: SQL logic error$/s;

/**
 * The first damage among all that `integrity_check` or `quick_check` says; null for a sound database. They say as many lines as they are
 * asked for, and the first may be no damage: ask for more than one where there may be virtual tables.
 */
export function damageIn(rows: Rows | null | undefined): string | null {
  const lines = (rows ?? []).map((row) => String(Object.values(row)[0]));
  if (lines.length === 0) return "nothing";
  return lines.find((line) => line !== "ok" && !NOT_LOOKED_AT.test(line)) ?? null;
}
