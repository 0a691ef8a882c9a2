import { foldName } from "../sql/identifier.ts";
import type { Change } from "./change.ts";
import type { Schema } from "./types.ts";

/** Answers whether an object of this name is none of our business. */
export type IsIgnored = (name: string) => boolean;

/**
 * A schema without the indexes, views, virtual tables and triggers that are ignored. Ignored tables stay, because foreign keys
 * of others are read by them: {@link withoutIgnoredTables} leaves out their changes.
 */
export function withoutIgnored(schema: Schema, isIgnored: IsIgnored): Schema {
  const isKept = ({ name }: { readonly name: string }): boolean => !isIgnored(name);
  return {
    tables: schema.tables.map((table) => ({ ...table, indexes: table.indexes.filter(isKept) })),
    virtualTables: schema.virtualTables.filter(isKept),
    views: schema.views.filter(isKept),
    triggers: schema.triggers.filter((trigger) => isKept(trigger) && !isIgnored(trigger.table)),
  };
}

/** Leaves out the changes of ignored tables. */
export function withoutIgnoredTables(changes: readonly Change[], isIgnored: IsIgnored): Change[] {
  return changes.filter((change) => !("table" in change && isIgnored(change.table)));
}

/** The names of ignored objects of two schemas, each once, sorted. */
export function ignoredNames(schemas: readonly Schema[], isIgnored: IsIgnored): string[] {
  const names = schemas
    .flatMap(({ tables, virtualTables, views, triggers }) => [
      ...[tables, virtualTables, views, triggers].flat(),
      ...tables.flatMap(({ indexes }) => indexes),
    ])
    .map(({ name }) => name)
    .filter(isIgnored);
  return [...new Map(names.map((name) => [foldName(name), name])).values()].toSorted();
}
