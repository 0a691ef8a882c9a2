/**
 * What a database looks like. Expressions (`default`, `check`, …) are SQL text; names are raw, never quoted.
 * Both producers make the same shape: `from-models` (Drizzle) and `from-catalog` (rows of `sqlite_schema`).
 */
export interface Schema {
  readonly tables: readonly Table[];
  readonly virtualTables: readonly VirtualTable[];
  readonly views: readonly View[];
  readonly triggers: readonly Trigger[];
}

/** A table with everything that lives and dies with it. */
export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly primaryKey: PrimaryKey | null;
  readonly uniques: readonly Unique[];
  readonly foreignKeys: readonly ForeignKey[];
  readonly checks: readonly Check[];
  readonly indexes: readonly Index[];
  /** Words after the closing parenthesis, upper case and sorted: `STRICT`, `WITHOUT ROWID`, libSQL's `RANDOM ROWID`. */
  readonly options: readonly string[];
}

export interface Column {
  readonly name: string;
  /** As declared, words joined by one space; empty when the column has no type. */
  readonly type: string;
  readonly notNull: boolean;
  /** What follows DEFAULT, with its parentheses when it has them. */
  readonly default: string | null;
  readonly collate: string | null;
  readonly generated: Generated | null;
  /** `ON CONFLICT` of NOT NULL, upper case (`IGNORE`, …); null for the default. */
  readonly notNullConflict: string | null;
}

export interface Generated {
  /** Without the outer parentheses. */
  readonly expression: string;
  readonly stored: boolean;
}

/** `terms` are SQL: a quoted column name, or an expression, with its COLLATE and DESC. */
export interface PrimaryKey {
  readonly name: string | null;
  readonly terms: readonly string[];
  readonly autoincrement: boolean;
  readonly conflict: string | null;
}

export interface Unique {
  readonly name: string | null;
  readonly terms: readonly string[];
  readonly conflict: string | null;
}

export interface ForeignKey {
  readonly name: string | null;
  readonly columns: readonly string[];
  readonly foreignTable: string;
  /** Empty when the parent's primary key is meant. */
  readonly foreignColumns: readonly string[];
  /** Upper case; `NO ACTION` when none is written. */
  readonly onDelete: string;
  readonly onUpdate: string;
  /** `DEFERRABLE INITIALLY DEFERRED` when that is so; null otherwise (every other spelling means immediate in SQLite). */
  readonly deferrable: string | null;
}

export interface Check {
  readonly name: string | null;
  /** Without the outer parentheses. */
  readonly expression: string;
}

export interface Index {
  readonly name: string;
  readonly unique: boolean;
  readonly terms: readonly string[];
  readonly where: string | null;
}

/** `sql` is the whole CREATE statement without a closing semicolon. */
export interface View {
  readonly name: string;
  readonly sql: string;
}

export interface Trigger {
  readonly name: string;
  /** The table or view it watches. */
  readonly table: string;
  readonly sql: string;
}

export interface VirtualTable {
  readonly name: string;
  readonly module: string;
  readonly sql: string;
}

/** A row of `sqlite_schema`; `sql` is null for the indexes SQLite makes by itself. */
export interface CatalogRow {
  readonly type: "table" | "index" | "view" | "trigger";
  readonly name: string;
  readonly table: string;
  readonly sql: string | null;
}
