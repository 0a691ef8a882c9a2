import { foldName } from "../sql/identifier.ts";
import { without } from "./diff.ts";
import { schemaFromCatalog } from "./from-catalog.ts";
import type { Outline } from "./outline.ts";
import type { CatalogRow, Schema } from "./types.ts";

/** Folded names of the tables in both schemas of which the second has not every part. */
export function reducedTables(from: Outline, to: Outline): ReadonlySet<string> {
  const kept = new Map(to.tables.map(({ name, parts }) => [foldName(name), parts]));
  const reduced = from.tables.filter(
    ({ name, parts }) => without(parts, kept.get(foldName(name)) ?? parts).length > 0,
  );
  return new Set(reduced.map(({ name }) => foldName(name)));
}

/** Those tables of a catalog, and the ones they reference. */
export function schemaOfTables(rows: readonly CatalogRow[], names: ReadonlySet<string>): Schema {
  const parsed = (wanted: ReadonlySet<string>): Schema =>
    schemaFromCatalog(
      rows.filter(({ type, table }) => (type === "table" || type === "index") && wanted.has(foldName(table))),
    );
  const own = parsed(names);
  const parents = own.tables.flatMap(({ foreignKeys }) =>
    foreignKeys.map(({ foreignTable }) => foldName(foreignTable)),
  );
  return parents.length === 0 ? own : parsed(new Set([...names, ...parents]));
}
