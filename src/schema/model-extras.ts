import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import { CleanSlateError } from "../errors.ts";
import { identifier } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { extrasOf, type Extras } from "./extras.ts";
import type { ModelContext } from "./model-context.ts";
import { rowidAliasOf } from "./rowid-alias.ts";
import type { Check, Index, Table, Trigger, VirtualTable } from "./types.ts";

/** Adds to a table what `tableOptions` and `vectorIndex` say of its model. Throws MODELS_INVALID for what SQLite refuses. */
export function withExtras(context: ModelContext, model: SQLiteTable, table: Table): Table {
  const { options, vectorIndexes } = extrasOf(model);
  const words = [options.strict && "STRICT", options.withoutRowid && "WITHOUT ROWID"];
  const extended = {
    ...table,
    options: words.filter((word) => typeof word === "string"),
    checks: [...table.checks, ...(options.enumChecks ? enumChecks(context, model, table.name) : [])],
    indexes: [...table.indexes, ...vectorIndexes.map((index) => vectorIndex(context, table, index))],
  };
  if (options.strict) checkStrict(extended);
  if (options.withoutRowid) checkWithoutRowid(extended);
  return extended;
}

/** https://www.sqlite.org/stricttables.html */
const STRICT_TYPES = ["INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY"];

function checkStrict({ name, columns }: Table): void {
  const wrong = columns.find(({ type }) => !STRICT_TYPES.includes(type.toUpperCase()));
  if (wrong === undefined) return;
  throw refusal(
    `column "${wrong.name}" of the STRICT table "${name}" is ${wrong.type || "without a type"}`,
    `a STRICT table has columns of ${STRICT_TYPES.join(", ")} and nothing else, without a length`,
  );
}

function checkWithoutRowid({ name, primaryKey }: Table): void {
  if (primaryKey === null)
    throw refusal(
      `table "${name}" is WITHOUT ROWID and has no primary key`,
      "give it one, or keep its rowids",
    );
  if (primaryKey.autoincrement)
    throw refusal(
      `table "${name}" is WITHOUT ROWID and has an AUTOINCREMENT column`,
      "AUTOINCREMENT counts rowids: remove one of the two",
    );
}

function enumChecks({ drizzle, renderer }: ModelContext, model: SQLiteTable, table: string): Check[] {
  return Object.values(drizzle.orm.getTableColumns(model)).flatMap((column) => {
    const { enumValues } = column;
    if (enumValues === undefined || enumValues.length === 0) return [];
    const name = renderer.columnName(column);
    const values = enumValues.map(literal).join(", ");
    return [{ name: `${table}_${name}_enum`, expression: `${identifier(name)} IN (${values})` }];
  });
}

/** The column types libSQL indexes (https://docs.turso.tech/features/ai-and-embeddings#vector-types). */
const VECTOR_TYPE = /^(?:F(?:1BIT|8|16|B16|32|64)_BLOB|FLOAT(?:1BIT|8|16|B16|32|64))\s*\(\s*\d+\s*\)$/i;

type VectorExtra = Extras["vectorIndexes"][number];

function vectorIndex({ renderer }: ModelContext, table: Table, extra: VectorExtra): Index {
  const column = renderer.columnName(extra.column);
  const type = extra.column.getSQLType();
  if (!VECTOR_TYPE.test(type))
    throw refusal(
      `column "${column}" of table "${table.name}" is ${type}, which has no vector index`,
      "its type must be a vector with its length, for instance F32_BLOB(1536)",
    );
  const parameters = {
    metric: extra.metric,
    max_neighbors: extra.maxNeighbors,
    compress_neighbors: extra.compressNeighbors,
    alpha: extra.alpha,
    search_l: extra.searchL,
    insert_l: extra.insertL,
  };
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  const words = [identifier(column), ...given.map(([key, value]) => literal(`${key}=${value}`))];
  return { name: extra.name, unique: false, terms: [`libsql_vector_idx(${words.join(", ")})`], where: null };
}

/** An FTS5 table and the triggers that keep it true. */
export interface Search {
  readonly virtualTable: VirtualTable;
  readonly triggers: readonly Trigger[];
}

/**
 * The FTS5 tables of a model, with external content (https://www.sqlite.org/fts5.html#external_content_tables). An index keeps
 * the rowids of its rows, so the table needs one that never changes by itself.
 */
export function searchesFromModel(context: ModelContext, model: SQLiteTable, table: Table): Search[] {
  return extrasOf(model).searches.map((search) => {
    const key = rowidAliasOf(table);
    if (key === null)
      throw refusal(
        `table "${table.name}" has no INTEGER PRIMARY KEY, which the full-text search "${search.name}" needs`,
        'give it one: id: integer("id").primaryKey()',
      );
    const columns = search.columns.map((column) => columnName(context, model, column));
    return {
      virtualTable: virtualTable(table.name, key.name, { ...search, columns }),
      triggers: syncTriggers(table.name, key.name, { name: search.name, columns }),
    };
  });
}

function columnName({ renderer, drizzle }: ModelContext, model: SQLiteTable, column: SQLiteColumn): string {
  const name = renderer.columnName(column);
  if (column.table === model) return name;
  const [own, other] = [model, column.table].map((table) => drizzle.orm.getTableName(table));
  throw refusal(
    `a full-text search of table "${own}" names the column "${name}" of table "${other}"`,
    "name columns of one table",
  );
}

interface SearchParts {
  readonly name: string;
  readonly columns: readonly string[];
}

function virtualTable(
  table: string,
  key: string,
  {
    name,
    columns,
    tokenize,
    prefix,
    detail,
    columnSize,
  }: SearchParts & Omit<Extras["searches"][number], "columns">,
): VirtualTable {
  const parts = [
    ...columns.map(identifier),
    `content=${literal(table)}`,
    `content_rowid=${literal(key)}`,
    tokenize !== undefined && `tokenize=${literal(tokenize)}`,
    prefix !== undefined && `prefix=${literal(prefix.join(" "))}`,
    detail !== undefined && `detail=${detail}`,
    columnSize !== undefined && `columnsize=${columnSize ? 1 : 0}`,
  ].filter((part) => part !== false);
  const sql = `CREATE VIRTUAL TABLE ${identifier(name)} USING fts5(\n  ${parts.join(",\n  ")}\n)`;
  return { name, module: "fts5", sql };
}

function syncTriggers(table: string, key: string, { name, columns }: SearchParts): Trigger[] {
  const fts = identifier(name);
  const list = ["rowid", ...columns.map(identifier)].join(", ");
  const values = (row: "old" | "new"): string =>
    [key, ...columns].map((column) => `${row}.${identifier(column)}`).join(", ");
  const add = `  INSERT INTO ${fts} (${list}) VALUES (${values("new")});\n`;
  const remove = `  INSERT INTO ${fts} (${fts}, ${list}) VALUES ('delete', ${values("old")});\n`;
  const trigger = (event: string, body: string): Trigger => {
    const own = `${name}_${event.toLowerCase()}`;
    const head = `CREATE TRIGGER ${identifier(own)} AFTER ${event} ON ${identifier(table)}`;
    return { name: own, table, sql: `${head} BEGIN\n${body}END` };
  };
  return [trigger("INSERT", add), trigger("UPDATE", remove + add), trigger("DELETE", remove)];
}

function refusal(message: string, hint: string): CleanSlateError {
  return new CleanSlateError("MODELS_INVALID", message, { hint });
}
