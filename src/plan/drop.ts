import { holdsRows, isEngineObject, isVirtual, shadowNames } from "../schema/engine-objects.ts";
import type { CatalogRow } from "../schema/types.ts";
import { foldName, identifier } from "../sql/identifier.ts";
import { memoize } from "../sql/memoize.ts";

/** What a rebuild takes away; indexes go with their tables. */
export interface DroppedObject {
  readonly kind: "table" | "virtual table" | "view" | "trigger" | "vector index";
  readonly name: string;
  /** Whether rows go with it; not with a virtual table that shows those of another. */
  readonly holdsRows: boolean;
}

const DROPS: Readonly<Record<DroppedObject["kind"], string>> = {
  trigger: "DROP TRIGGER",
  view: "DROP VIEW",
  "virtual table": "DROP TABLE",
  "vector index": "DROP INDEX",
  table: "DROP TABLE",
};

const ORDER = Object.keys(DROPS) as DroppedObject["kind"][];

/**
 * Everything a rebuild drops, in an order that works: virtual tables and vector indexes before any table, because they take
 * their shadow tables with them and break when those go first; the newest object of a kind first. `rows` are in order of creation.
 */
export const droppedObjects = memoize((rows: readonly CatalogRow[]): readonly DroppedObject[] => {
  const shadows = shadowNames(rows);
  const objects = rows.flatMap((row) => {
    const kind = isEngineObject(row.name) || shadows.has(foldName(row.name)) ? null : kindOf(row);
    return kind
      ? [{ kind, name: row.name, holdsRows: row.type === "table" && holdsRows(row.sql ?? "") }]
      : [];
  });
  return ORDER.flatMap((kind) => objects.filter((object) => object.kind === kind).toReversed());
}, new WeakMap());

function kindOf({ type, sql }: CatalogRow): DroppedObject["kind"] | null {
  if (type === "index") return sql !== null && /libsql_vector_idx/i.test(sql) ? "vector index" : null;
  if (type === "table" && sql !== null && isVirtual(sql)) return "virtual table";
  return type;
}

export function dropStatement({ kind, name }: DroppedObject): string {
  return `${DROPS[kind]} IF EXISTS ${identifier(name)}`;
}
