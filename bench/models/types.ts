/** What a column holds; each dialect says it in its own way. */
export type ColumnKind =
  | "text"
  | "enum"
  | "json"
  | "integer"
  | "boolean"
  | "timestamp"
  | "timestamp_ms"
  | "real"
  | "numeric"
  | "blob";

export type Action = "cascade" | "set null" | "restrict" | "no action";

/** How a column is the primary key by itself. */
export type Key = "rowid" | "autoincrement" | "text";

export type Default =
  | { readonly kind: "literal"; readonly value: string | number | boolean | object }
  | { readonly kind: "sql"; readonly sql: string };

export interface ForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly table: string;
  readonly refColumns: readonly string[];
  readonly onDelete: Action;
  readonly onUpdate: Action;
}

export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly key: Key | null;
  readonly isNotNull: boolean;
  readonly isUnique: boolean;
  readonly default: Default | null;
  /** Of an enum, else empty. */
  readonly values: readonly string[];
}

export interface Index {
  readonly name: string;
  readonly columns: readonly string[];
  /** A boolean column: only rows where it is true are in the index. */
  readonly where: string | null;
}

export interface Check {
  readonly name: string;
  readonly column: string;
  /** What follows the column: `>= 0`. */
  readonly condition: string;
}

/** One table, in no dialect yet. */
export interface Table {
  readonly name: string;
  /** The model file it stands in, without extension. */
  readonly file: string;
  readonly columns: readonly Column[];
  /** Of several columns; empty when a column is the key by itself. */
  readonly primaryKey: readonly string[];
  readonly uniques: readonly Omit<Index, "where">[];
  readonly indexes: readonly Index[];
  readonly checks: readonly Check[];
  readonly foreignKeys: readonly ForeignKey[];
}
