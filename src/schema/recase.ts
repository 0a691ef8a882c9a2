import type { SQL } from "drizzle-orm";
import type { DrizzleApi } from "./drizzle.ts";

type Chunks = SQL["queryChunks"];
type Convert = (name: string) => string;

export interface RecaseContext {
  readonly drizzle: DrizzleApi;
  readonly convert: Convert;
  /** By table name: the columns that have no name of their own, which `casing` names. */
  readonly keys: ReadonlyMap<string, ReadonlySet<string>>;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * Copies a `sql` object without Drizzle's own parameter inlining, which breaks bytes, dates and bigints. The query builder of
 * 0.45 also wrote column names down before `casing` was known: they are cased here, each by the table it comes from.
 */
export function recase(context: RecaseContext, query: SQL, bare: ReadonlySet<string> = NONE): SQL {
  const { is, Name, SQL: DrizzleSql, Subquery } = context.drizzle.orm;
  const chunks = query.queryChunks;
  const scope = selectScope(context, chunks) ?? bare;
  const copy = chunks.map((chunk, index) => {
    if (is(chunk, DrizzleSql)) return recase(context, chunk, scope);
    if (is(chunk, Subquery)) return withSql(chunk, recase(context, chunk._.sql));
    if (!is(chunk, Name)) return chunk;
    const keys = keysAt(context, chunks, index) ?? scope;
    return keys.has(chunk.value) ? new Name(context.convert(chunk.value)) : chunk;
  });
  return new DrizzleSql(copy);
}

/** The unnamed columns a select of one table, view or subquery may mention bare; null where `chunks` are no select. */
function selectScope({ drizzle: { orm }, keys }: RecaseContext, chunks: Chunks): ReadonlySet<string> | null {
  const from = chunks.findIndex((chunk) => textOf(chunk) === " from ");
  if (from < 0) return null;
  const source = chunks[from + 1];
  const hasJoins = orm.is(chunks[from + 3], orm.SQL);
  if (hasJoins) return NONE;
  if (orm.is(source, orm.Table)) return keys.get(orm.getTableName(source)) ?? NONE;
  const fields = orm.is(source, orm.Subquery) ? source._.selectedFields : {};
  const columns = Object.values(fields).filter((field) => orm.is(field, orm.Column));
  return new Set(columns.filter((column) => column.keyAsName).map((column) => column.name));
}

/** The keys that decide over the name at `index`: those of the table before its dot, none behind `as`; null for a bare name. */
function keysAt(
  { drizzle: { orm }, keys }: RecaseContext,
  chunks: Chunks,
  index: number,
): ReadonlySet<string> | null {
  const before = textOf(chunks[index - 1]);
  if (/\bas\s*$/i.test(before)) return NONE;
  const owner = chunks[index - 2];
  if (before === "." && orm.is(owner, orm.Name)) return keys.get(owner.value) ?? NONE;
  return textOf(chunks[index + 1]).startsWith(".") ? NONE : null;
}

/** What a piece of plain text says; empty for anything else. */
export function textOf(chunk: unknown): string {
  const value = (chunk as { value?: unknown } | undefined)?.value;
  return Array.isArray(value) ? value.join("") : typeof value === "string" ? value : "";
}

function withSql<T extends { readonly _: { readonly sql: SQL } }>(subquery: T, sql: SQL): T {
  const copy = Object.create(Object.getPrototypeOf(subquery) as object) as T;
  return Object.assign(copy, subquery, { _: { ...subquery._, sql } });
}
