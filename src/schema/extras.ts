import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";

/** What SQLite can do with a table and Drizzle cannot say. */
export interface TableOptions {
  /** Values must have the type of their column (https://www.sqlite.org/stricttables.html). */
  readonly strict?: boolean;
  /** The rows lie in the primary key itself (https://www.sqlite.org/withoutrowid.html). */
  readonly withoutRowid?: boolean;
  /** Every `text(…, { enum })` column gets a CHECK for its values. */
  readonly enumChecks?: boolean;
}

/** The columns of a Drizzle table. */
export type ColumnOf<Table extends SQLiteTable> = Table["_"]["columns"][keyof Table["_"]["columns"]];

/** The options of FTS5 (https://www.sqlite.org/fts5.html#fts5_table_creation_and_initialization). */
export interface FullTextSearchOptions<Column = SQLiteColumn> {
  readonly columns: readonly [Column, ...Column[]];
  /** The table's own name; `<table>_search` when not given. */
  readonly name?: string;
  /** For instance `porter` or `unicode61 remove_diacritics 2` or `trigram`. */
  readonly tokenize?: string;
  /** Lengths of prefixes that get an index of their own, for instance `[2, 3]`. */
  readonly prefix?: readonly number[];
  readonly detail?: "full" | "column" | "none";
  readonly columnSize?: boolean;
}

/** A full-text index; in Drizzle's sql it stands for its name: sql`… WHERE ${postsSearch} MATCH ${words}`. */
export interface FullTextSearch {
  readonly name: string;
}

/** The parameters of libSQL's vector index (https://docs.turso.tech/features/ai-and-embeddings#vector-indexing). */
export interface VectorIndexOptions {
  /** `<table>_<column>_idx` when not given. */
  readonly name?: string;
  readonly metric?: "cosine" | "l2";
  readonly maxNeighbors?: number;
  readonly compressNeighbors?: "float1bit" | "float8" | "float16" | "floatb16" | "float32";
  readonly alpha?: number;
  readonly searchL?: number;
  readonly insertL?: number;
}

/** A vector index; its name goes into `vector_top_k()`. */
export interface VectorIndex {
  readonly name: string;
}

/** What the functions of this file have noted on one table. */
export interface Extras {
  readonly options: TableOptions;
  readonly searches: readonly (FullTextSearchOptions & { readonly name: string })[];
  readonly vectorIndexes: readonly (VectorIndexOptions & {
    readonly name: string;
    readonly column: SQLiteColumn;
  })[];
}

/**
 * Notes are kept on the Drizzle table itself under a shared symbol: models may be bundled, and then run a copy of this file
 * of their own.
 */
const EXTRAS = Symbol.for("clean-slate:extras");
const TABLE_NAME = Symbol.for("drizzle:Name");
const ENTITY_KIND: unique symbol = Symbol.for("drizzle:entityKind") as never;

const NONE: Extras = { options: {}, searches: [], vectorIndexes: [] };

/** Makes a table STRICT or WITHOUT ROWID, or checks its enums; returns the table. Called again, it adds to what was said. */
export function tableOptions<Table extends SQLiteTable>(table: Table, options: TableOptions): Table {
  requireTable("tableOptions", table);
  note(table, { options: { ...extrasOf(table).options, ...options } });
  return table;
}

/**
 * Adds an FTS5 index over columns of a table, with the three triggers that keep it true. The rows stay in the table, which
 * needs an INTEGER PRIMARY KEY.
 */
export function fullTextSearch<Table extends SQLiteTable>(
  table: Table,
  options: FullTextSearchOptions<ColumnOf<Table>>,
): FullTextSearch {
  const tableName = requireTable("fullTextSearch", table);
  const name = options.name ?? `${tableName}_search`;
  const { searches } = extrasOf(table);
  note(table, { searches: [...searches, { ...(options as FullTextSearchOptions), name }] });
  return new SqlName(name);
}

/** Adds libSQL's approximate nearest-neighbour index over a vector column (`F32_BLOB(n)` and the like). */
export function vectorIndex(column: SQLiteColumn, options: VectorIndexOptions = {}): VectorIndex {
  const { table } = (column ?? {}) as Partial<SQLiteColumn>;
  const tableName = requireTable("vectorIndex", table, "a column of a table");
  const name = options.name ?? `${tableName}_${column.name}_idx`;
  const { vectorIndexes } = extrasOf(column.table);
  note(column.table, { vectorIndexes: [...vectorIndexes, { ...options, name, column }] });
  return { name };
}

/** What was noted on a table of a model. */
export function extrasOf(table: object): Extras {
  return (table as { [EXTRAS]?: Extras })[EXTRAS] ?? NONE;
}

function note(table: object, extras: Partial<Extras>): void {
  Object.defineProperty(table, EXTRAS, {
    value: { ...extrasOf(table), ...extras },
    configurable: true,
    enumerable: false,
  });
}

function requireTable(caller: string, table: unknown, wanted = "a table made by sqliteTable()"): string {
  const name: unknown = (table as { [TABLE_NAME]?: unknown } | null | undefined)?.[TABLE_NAME];
  if (typeof name === "string") return name;
  throw new TypeError(`${caller}() takes ${wanted}`);
}

/** Drizzle takes this for its own `Name`, which it tells by the entity kind: in sql it is written as a quoted name. */
class SqlName implements FullTextSearch {
  static readonly [ENTITY_KIND] = "Name";
  readonly name: string;
  readonly value: string;

  constructor(name: string) {
    this.name = name;
    this.value = name;
  }
}
