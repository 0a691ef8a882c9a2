import type { Database } from "../database/database.ts";
import type { Snapshot } from "../database/inspect.ts";
import { NO_INVENTORY, readInventory, type Inventory, type TableContent } from "../database/inventory.ts";
import { inspectTarget } from "../database/open.ts";
import type { Target } from "../database/target.ts";
import { CleanSlateError } from "../errors.ts";
import { droppedObjects } from "../plan/drop.ts";
import { SMALL, type ShownRows } from "../plan/shown-rows.ts";
import { schemaFromCatalog } from "../schema/from-catalog.ts";
import type { CatalogRow, Schema } from "../schema/types.ts";

/** What a target holds before it is replaced. */
export interface Present {
  readonly snapshot: Snapshot;
  /** Null when a stored text makes no sense to us: such a database is dropped all the same. */
  readonly schema: Schema | null;
  /** Is being read: the next round trip to a primary. */
  readonly inventory: Promise<Inventory>;
}

/** Reads what a target holds, without making a local file that is not there. */
export async function inspectPresent(target: Target): Promise<Present> {
  const { snapshot, database } = await inspectTarget(target);
  const schema = understood(snapshot.rows);
  const inventory = database ? takeInventory(database, snapshot, schema) : Promise.resolve(NO_INVENTORY);
  inventory.catch(() => {}); // whoever needs it waits for it
  return { snapshot, schema, inventory };
}

async function takeInventory(
  database: Database,
  snapshot: Snapshot,
  schema: Schema | null,
): Promise<Inventory> {
  try {
    return await readInventory(database, { snapshot, schema, objects: droppedObjects(snapshot.rows) });
  } finally {
    database.close();
  }
}

const known = new WeakMap<readonly CatalogRow[], Schema | null>();

/** The schema, or null when a stored text makes no sense to us. The same rows are read once. */
export function understood(rows: readonly CatalogRow[]): Schema | null {
  const found = known.get(rows);
  if (found !== undefined) return found;
  const schema = readable(rows);
  known.set(rows, schema);
  return schema;
}

function readable(rows: readonly CatalogRow[]): Schema | null {
  try {
    return schemaFromCatalog(rows);
  } catch (error) {
    if (error instanceof CleanSlateError) return null;
    throw error;
  }
}

/** Of a large table without a rowid nothing can be compared at a bounded cost. */
export function shownRows(contents: ReadonlyMap<string, TableContent>): ShownRows[] {
  return [...contents].flatMap(([name, { rows, highest, hasRowid }]) =>
    rows <= SMALL || hasRowid ? [{ name, rows, highest }] : [],
  );
}
