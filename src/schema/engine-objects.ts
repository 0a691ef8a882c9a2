import { foldName } from "../sql/identifier.ts";
import { memoize } from "../sql/memoize.ts";
import { nameBehind, nameOf, tokenize, type Token } from "../sql/tokens.ts";
import type { CatalogRow } from "./types.ts";

/** The bookkeeping table of a rebuild; it belongs to no schema. */
export const BOOKKEEPING_TABLE = "_clean_slate";

/** What libSQL keeps of vector indexes; `VACUUM INTO` fills it twice, and `quick_check` does not see that. */
export const VECTOR_META = "libsql_vector_meta_shadow";

const ENGINE_PREFIX = /^(?:sqlite_|libsql_|_litestream|_cf_)/i;
const ENGINE_OBJECT = new RegExp(`${ENGINE_PREFIX.source}|^${BOOKKEEPING_TABLE}$`, "i");

/** The beginning of a name that belongs to SQLite, libSQL or a platform; null for any other name. */
export function enginePrefix(name: string): string | null {
  return ENGINE_PREFIX.exec(name)?.[0].toLowerCase() ?? null;
}

/** Whether a name belongs to SQLite, libSQL, a platform or Clean Slate itself, so that no schema holds the object. */
export function isEngineObject(name: string): boolean {
  return ENGINE_OBJECT.test(name);
}

/** Whether the CREATE text of a table is that of a virtual one. */
export const isVirtual = memoize((sql: string): boolean => tokenize(sql, 2)[1]?.word === "virtual");

/** The tables each module makes beside a virtual table (`xShadowName`, https://www.sqlite.org/vtab.html#xshadowname). */
const SHADOW_SUFFIXES: ReadonlyMap<string, readonly string[]> = new Map([
  ["fts3", ["content", "docsize", "segdir", "segments", "stat"]],
  ["fts4", ["content", "docsize", "segdir", "segments", "stat"]],
  ["fts5", ["config", "content", "data", "docsize", "idx"]],
  ["geopoly", ["node", "parent", "rowid"]],
  ["rtree", ["node", "parent", "rowid"]],
  ["rtree_i32", ["node", "parent", "rowid"]],
]);

/**
 * The folded names of tables and indexes that only serve another object and vanish with it: those of virtual tables and of
 * libSQL vector indexes. Only names that are in `rows`.
 */
export const shadowNames = memoize((rows: readonly CatalogRow[]): ReadonlySet<string> => {
  const possible = new Set(rows.flatMap(shadowsOf));
  if (possible.size === 0) return possible;
  return new Set(rows.map((row) => foldName(row.name)).filter((name) => possible.has(name)));
}, new WeakMap());

function shadowsOf({ type, name, sql }: CatalogRow): string[] {
  if (sql === null) return [];
  const isVector = type === "index" && /libsql_vector_idx/i.test(sql);
  if (!isVector && (type !== "table" || !isVirtual(sql))) return [];
  const folded = foldName(name);
  if (isVector) return [`${folded}_shadow`, `${folded}_shadow_idx`];
  const { module, options } = virtualTable(sql);
  const missing = missingShadows(options);
  const suffixes = SHADOW_SUFFIXES.get(module)?.filter((suffix) => !missing.has(suffix));
  return suffixes?.map((suffix) => `${folded}_${suffix}`) ?? [];
}

interface VirtualTable {
  readonly module: string;
  /** The first token behind `name =`, by name. */
  readonly options: ReadonlyMap<string, Token>;
}

function virtualTable(sql: string): VirtualTable {
  const tokens = tokenize(sql);
  const module = foldName(nameBehind(tokens, "using") ?? "");
  const options = new Map<string, Token>();
  if (!/^fts[45]$/.test(module)) return { module, options }; // to any other module `a=b` is a column
  for (const [index, { word }] of tokens.entries()) {
    const value = tokens[index + 2];
    const isOption = tokens[index + 1]?.text === "=" && ["(", ","].includes(tokens[index - 1]?.text ?? "");
    if (isOption && value !== undefined) options.set(word, value);
  }
  return { module, options };
}

/**
 * The shadow tables the arguments of FTS4 or FTS5 do away with: `content=…` keeps the rows elsewhere, or nowhere
 * (https://www.sqlite.org/fts5.html#external_content_and_contentless_tables), `columnsize=0` keeps no sizes. A table of that
 * name is a person's own.
 */
function missingShadows(options: VirtualTable["options"]): Set<string> {
  const missing = new Set<string>();
  if (options.has("content")) missing.add("content");
  if (/^['"]?0/.test(options.get("columnsize")?.text ?? "")) missing.add("docsize");
  return missing;
}

/** Modules whose rows tell of another table. */
const TELLING: ReadonlySet<string> = new Set(["dbstat", "fts4aux", "fts5vocab"]);

/**
 * Whether rows of its own lie in a table with this CREATE text: a virtual one may show those of another. A full-text index with
 * `content=''` has its own: what it knows of them lies nowhere else.
 */
export function holdsRows(sql: string): boolean {
  if (!isVirtual(sql)) return true;
  const { module, options } = virtualTable(sql);
  const content = options.get("content");
  return !TELLING.has(module) && (content === undefined || nameOf(content) === "");
}
