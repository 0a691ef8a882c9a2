import type { Statement } from "../schema/create.ts";
import { isEngineObject } from "../schema/engine-objects.ts";
import type { CatalogRow } from "../schema/types.ts";
import { foldName } from "../sql/identifier.ts";
import type { DroppedObject } from "./drop.ts";

export interface KeepOptions {
  readonly drops: readonly DroppedObject[];
  /** The catalog as it is and as it is to be, in order of creation. */
  readonly rows: readonly CatalogRow[];
  readonly made: readonly CatalogRow[];
  /** What makes `made`. */
  readonly creates: readonly Statement[];
}

/** What a rebuild leaves where it is. */
export interface Kept {
  /** Names of tables. */
  readonly tables: ReadonlySet<string>;
  /** Whether a statement makes one of these tables, or an index of one. */
  readonly isMade: (statement: Statement) => boolean;
}

/**
 * Finds the tables that are to the letter what would be made in their place, with their indexes: emptied, they are that. SQLite
 * reads the whole catalog at each DROP and each CREATE; so a rebuild costs what was edited, not what there is.
 */
export function keptTables({ drops, rows, made, creates }: KeepOptions): Kept {
  const [before, after] = [definitionsOf(rows), definitionsOf(made)];
  const byKey = new Map(creates.map((statement) => [keyOf(statement.kind, statement.name), statement.sql]));
  const vectors = new Set(drops.flatMap(({ kind, name }) => (kind === "vector index" ? [name] : [])));
  const isKept = ({ kind, name }: DroppedObject): boolean => {
    const [now = [], then = []] = [before.get(name), after.get(name)];
    return (
      kind === "table" &&
      textOf(now) === textOf(then) &&
      now.every((row) => !vectors.has(row.name) && isWritten(row, byKey))
    );
  };
  const tables = new Set(drops.filter(isKept).map(({ name }) => name));
  const objects = [...tables].flatMap((name) => before.get(name) ?? []);
  const keys = new Set(objects.map(({ type, name }) => keyOf(type, name)));
  return { tables, isMade: ({ kind, name }) => keys.has(keyOf(kind, name)) };
}

/** The rows of each table and its indexes, without what the engine makes for itself. */
function definitionsOf(rows: readonly CatalogRow[]): ReadonlyMap<string, CatalogRow[]> {
  const definitions = new Map<string, CatalogRow[]>();
  for (const row of rows) {
    if ((row.type !== "table" && row.type !== "index") || isEngineObject(row.name)) continue;
    const definition = definitions.get(row.table);
    if (definition) definition.push(row);
    else definitions.set(row.table, [row]);
  }
  return definitions;
}

function textOf(definition: readonly CatalogRow[]): string {
  return definition.map(({ type, name, sql }) => [type, name, sql].join("\0")).join("\0");
}

/** SQLite keeps a statement from its name on (https://www.sqlite.org/schematab.html); of CREATE TABLE … AS SELECT, which makes rows, it keeps something else. */
function isWritten({ type, name, sql }: CatalogRow, creates: ReadonlyMap<string, string>): boolean {
  const head = type === "table" ? "CREATE TABLE " : "CREATE ";
  return sql !== null && creates.get(keyOf(type, name))?.endsWith(sql.slice(head.length)) === true;
}

function keyOf(kind: string, name: string): string {
  return `${kind} ${foldName(name)}`;
}
