import type { AnyColumn, SQL } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { identifier } from "../sql/identifier.ts";
import { trimSql } from "../sql/expression.ts";
import { literal } from "../sql/literal.ts";
import { recase, textOf } from "./recase.ts";

import type { Casing, DrizzleApi } from "./drizzle.ts";

/** Turns Drizzle's `sql` objects and columns into SQL text, parameters written in place as literals. */
export interface DrizzleRenderer {
  columnName(column: AnyColumn): string;
  /** For CHECK, index and generated expressions: bare column names, because SQLite forbids `table.column` in the last two. */
  expression(value: SQL): string;
  /** For views: `table.column`. */
  query(value: SQL): string;
}

/** `tables` are those of the models: their unnamed columns are what `casing` renames. */
export function createRenderer(
  drizzle: DrizzleApi,
  tables: readonly SQLiteTable[],
  casing: Casing | null,
): DrizzleRenderer {
  const convert = casing ? converterOf(drizzle, casing) : (name: string) => name;
  const columnName = (column: AnyColumn): string => (column.keyAsName ? convert(column.name) : column.name);
  const keys = new Map(
    casing ? tables.map((table) => [drizzle.orm.getTableName(table), keyNames(drizzle, table)]) : [],
  );
  const render = (value: SQL, invokeSource: "indexes" | undefined): string => {
    const plain = plainText(drizzle, value);
    if (plain !== null) return trimSql(plain);
    const query = recase({ drizzle, convert, keys }, value).toQuery({
      casing: { getColumnCasing: columnName } as never,
      escapeName: identifier,
      escapeString: literal,
      escapeParam: (_index, parameter) => literal(rejectPlaceholder(drizzle, parameter)),
      ...(invokeSource && { invokeSource }),
    });
    return trimSql(query.sql);
  };
  return {
    columnName,
    expression: (value) => render(value, "indexes"),
    query: (value) => render(value, undefined),
  };
}

/** Null where it is more than text. Most defaults are no more, and a schema has thousands: Drizzle takes its time over each. */
function plainText({ orm }: DrizzleApi, { queryChunks }: SQL): string | null {
  const isPlain = queryChunks.every((chunk) => orm.is(chunk, orm.StringChunk));
  return isPlain ? queryChunks.map(textOf).join("") : null;
}

/** Drizzle 1.0 has no such option left: its columns are named when they are built. */
function converterOf(drizzle: DrizzleApi, casing: Casing): (name: string) => string {
  const Dialect = drizzle.core.SQLiteSyncDialect as new (config: { casing: Casing }) => {
    casing?: { convert(name: string): string };
  };
  const cache = Dialect && new Dialect({ casing }).casing;
  return cache ? (name) => cache.convert(name) : (name) => name;
}

function keyNames(drizzle: DrizzleApi, table: SQLiteTable): ReadonlySet<string> {
  const columns = Object.values(drizzle.orm.getTableColumns(table));
  return new Set(columns.filter((column) => column.keyAsName).map((column) => column.name));
}

function rejectPlaceholder(drizzle: DrizzleApi, value: unknown): unknown {
  if (drizzle.orm.is(value, drizzle.orm.Placeholder)) {
    throw new TypeError(`sql.placeholder("${value.name}") has no value in a schema`);
  }
  return value;
}
