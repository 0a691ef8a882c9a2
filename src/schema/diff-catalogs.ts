import { foldName } from "../sql/identifier.ts";
import type { Change } from "./change.ts";
import { diffSchemas, without } from "./diff.ts";
import { isVirtual } from "./engine-objects.ts";
import { schemaFromCatalog } from "./from-catalog.ts";
import type { Outline } from "./outline.ts";
import type { CatalogRow, Schema } from "./types.ts";

/** A catalog and what is known of it. */
export interface OutlinedCatalog {
  readonly rows: readonly CatalogRow[];
  readonly outline: Outline;
}

/** What {@link diffSchemas} finds between two catalogs, of which only the tables that differ are parsed. */
export function diffCatalogs(from: OutlinedCatalog, to: OutlinedCatalog): Change[] {
  const changed = [...changedTables(from.outline, to.outline), ...changedTables(to.outline, from.outline)];
  return diffSome(from, to, changed);
}

/** The same where it is enough to know what tables in both lose: parses those that lose anything. */
export function diffReduced(from: OutlinedCatalog, to: OutlinedCatalog): Change[] {
  const reduced = reducedTables(from.outline, to.outline);
  return reduced.length === 0 ? [] : diffSome(from, to, reduced);
}

function diffSome(from: OutlinedCatalog, to: OutlinedCatalog, names: readonly string[]): Change[] {
  const wanted = new Set(names);
  const parents = [from, to].flatMap(({ rows }) => referencedTables(schemaOf(rows, wanted)));
  const all = new Set([...names, ...parents]); // a foreign key may take its columns from them
  return diffSchemas(schemaOf(from.rows, all), schemaOf(to.rows, all));
}

/** Folded names of the tables that are not, with the same meaning, in the other schema. */
function changedTables({ tables, digests }: Outline, other: Outline): string[] {
  const kept = new Set(other.digests);
  return tables.filter((_, index) => !kept.has(digests[index] ?? "")).map(({ name }) => foldName(name));
}

/** Folded names of the tables in both schemas of which the second has not every part. */
function reducedTables(from: Outline, to: Outline): string[] {
  const kept = new Map(to.tables.map(({ name, parts }) => [foldName(name), parts]));
  const names = from.tables.map(({ name, parts }) => ({ name: foldName(name), parts }));
  return names
    .filter(({ name, parts }) => without(parts, kept.get(name) ?? parts).length > 0)
    .map(({ name }) => name);
}

/** These tables of a catalog, and all that is neither a table nor an index. */
function schemaOf(rows: readonly CatalogRow[], tables: ReadonlySet<string>): Schema {
  return schemaFromCatalog(
    rows.filter(
      ({ type, table, sql }) =>
        type === "view" ||
        type === "trigger" ||
        tables.has(foldName(table)) ||
        (type === "table" && sql !== null && isVirtual(sql)),
    ),
  );
}

function referencedTables({ tables }: Schema): string[] {
  return tables.flatMap(({ foreignKeys }) => foreignKeys.map(({ foreignTable }) => foldName(foreignTable)));
}
