import type { Statement } from "../schema/create.ts";
import { isEngineObject } from "../schema/engine-objects.ts";
import type { CatalogRow } from "../schema/types.ts";
import { foldName } from "../sql/identifier.ts";
import { tokenize } from "../sql/tokens.ts";
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
  /** By the name of a table, everything that is stored for it: itself and its indexes. */
  readonly tables: ReadonlyMap<string, readonly string[]>;
  /** Names of indexes of these tables that do not stay. */
  readonly leaving: readonly string[];
  /** Whether a statement makes one of these tables, or an index of one that stays. */
  readonly isMade: (statement: Statement) => boolean;
}

/**
 * Finds the tables that are to the letter what would be made in their place: emptied, they are that. Of their indexes stay those before the
 * first difference, because SQLite looks at them in their order. It reads the whole catalog at each DROP and each CREATE; so a
 * rebuild costs what was edited, not what there is.
 */
export function keptTables({ drops, rows, made, creates }: KeepOptions): Kept {
  const [before, after] = [definitionsOf(rows), definitionsOf(made)];
  const vectors = new Set(drops.flatMap(({ kind, name }) => (kind === "vector index" ? [name] : [])));
  const makers = firstMakers(creates);
  const tables = new Map<string, string[]>();
  const staying: CatalogRow[] = [];
  const leaving: string[] = [];
  for (const { kind, name } of drops) {
    const now = before.get(name) ?? [];
    const same = sharedRows(now, after.get(name) ?? []);
    const others = now.slice(same.length);
    if (kind !== "table" || !isWholeText(same[0], makers.get(foldName(name)))) continue;
    if (now.some((row) => vectors.has(row.name)) || !others.every(isOurIndex)) continue;
    tables.set(name, []);
    staying.push(...same);
    leaving.push(...others.map((row) => row.name));
  }
  for (const { type, name, table } of rows) if (type !== "trigger") tables.get(table)?.push(name);
  const keys = new Set(staying.map(({ type, name }) => keyOf(type, name)));
  return { tables, leaving, isMade: ({ kind, name }) => keys.has(keyOf(kind, name)) };
}

/** Those at the beginning of both. */
function sharedRows(now: readonly CatalogRow[], then: readonly CatalogRow[]): readonly CatalogRow[] {
  const difference = now.findIndex((row, index) => textOf(row) !== textOf(then[index]));
  return difference === -1 ? now : now.slice(0, difference);
}

function textOf(row: CatalogRow | undefined): string | null {
  return row === undefined ? null : [row.type, row.name, row.sql].join("\0");
}

function isOurIndex({ type, name }: CatalogRow): boolean {
  return type === "index" && !isEngineObject(name);
}

/**
 * The rows of each table and of what goes only with it: indexes, also those an engine calls its own, and triggers of such a name.
 * Other triggers are dropped and made by themselves, and the indexes of constraints follow from the table.
 */
function definitionsOf(rows: readonly CatalogRow[]): ReadonlyMap<string, CatalogRow[]> {
  const definitions = new Map<string, CatalogRow[]>();
  for (const row of rows) {
    if (row.sql === null || row.type === "view") continue;
    if (row.type === "trigger" && !isEngineObject(row.name)) continue;
    const definition = definitions.get(row.table);
    if (definition) definition.push(row);
    else definitions.set(row.table, [row]);
  }
  return definitions;
}

/** The statements that make tables, by name; a second one of a name, with IF NOT EXISTS, makes nothing. */
function firstMakers(creates: readonly Statement[]): ReadonlyMap<string, string> {
  const tables = creates.filter(({ kind }) => kind === "table");
  return new Map(tables.toReversed().map(({ name, sql }) => [foldName(name), sql]));
}

/** SQLite keeps a statement from its name on (https://www.sqlite.org/schematab.html); of CREATE TABLE … AS SELECT, which makes rows, it keeps something else. */
function isWholeText(row: CatalogRow | undefined, maker: string | undefined): boolean {
  if (maker === undefined || typeof row?.sql !== "string") return false;
  const tokens = tokenize(maker, 6);
  const name = tokens[tokens[2]?.word === "if" ? 5 : 2];
  return name !== undefined && maker.slice(name.start) === row.sql.slice("CREATE TABLE ".length);
}

function keyOf(kind: string, name: string): string {
  return `${kind} ${foldName(name)}`;
}
