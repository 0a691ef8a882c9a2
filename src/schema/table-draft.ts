import type { Check, Column, ForeignKey, PrimaryKey, Unique } from "./types.ts";

/** A table while its CREATE statement is being read; a constraint on a column lands where a table constraint does. */
export interface TableDraft {
  readonly columns: Column[];
  primaryKey: PrimaryKey | null;
  /** Whether the primary key was written on its column, where DESC has a meaning of its own. */
  keyOnColumn: boolean;
  readonly uniques: Unique[];
  readonly foreignKeys: ForeignKey[];
  readonly checks: Check[];
}
