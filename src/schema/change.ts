/** What of a column can differ; `notNull` and `generated` hold their conflict clause and storage as well. */
export type ColumnProperty = "type" | "notNull" | "default" | "collate" | "generated";

/** A property of a column as SQL, null when the column does without it. */
export interface ColumnAlteration {
  readonly kind: "column-altered";
  readonly table: string;
  readonly column: string;
  readonly property: ColumnProperty;
  readonly from: string | null;
  readonly to: string | null;
}

/** The columns both sides have, in the order of each. */
export interface ColumnOrderAlteration {
  readonly kind: "column-order-altered";
  readonly table: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** An index that is there on one side. */
export interface IndexChange {
  readonly kind: "index-added" | "index-removed";
  readonly table: string;
  readonly index: string;
  readonly definition: string;
}

/** An index that covers something else on either side. */
export interface IndexAlteration {
  readonly kind: "index-altered";
  readonly table: string;
  readonly index: string;
  readonly from: string;
  readonly to: string;
}

/** A UNIQUE, CHECK or foreign key: its name does not count, and a unique index over columns is a UNIQUE here. */
export interface ConstraintChange {
  readonly kind: `${"unique" | "foreign-key" | "check"}-${"added" | "removed"}`;
  readonly table: string;
  readonly definition: string;
}

/** An object that is a whole statement to us. */
export interface ProgramChange {
  readonly kind: `${"view" | "trigger" | "virtual-table"}-${"added" | "removed"}`;
  readonly name: string;
}

/** An object that is a whole statement to us, and another one on either side. */
export interface ProgramAlteration {
  readonly kind: `${"view" | "trigger" | "virtual-table"}-altered`;
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

/** What a table has one of, or none. */
export interface TableAlteration {
  readonly kind: "primary-key-altered" | "table-options-altered";
  readonly table: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** One difference that leads from one schema to another; names are as written, `from`, `to` and `definition` are SQL. */
export type Change =
  | { readonly kind: "table-added" | "table-removed"; readonly table: string }
  | { readonly kind: "column-added" | "column-removed"; readonly table: string; readonly column: string }
  | ColumnAlteration
  | ColumnOrderAlteration
  | TableAlteration
  | ConstraintChange
  | IndexChange
  | IndexAlteration
  | ProgramChange
  | ProgramAlteration;
