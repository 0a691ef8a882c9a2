import type { Database } from "../database/database.ts";
import type { Snapshot } from "../database/inspect.ts";
import { NO_INVENTORY, readInventory, type Inventory, type TableContent } from "../database/inventory.ts";
import { inspectTarget } from "../database/open.ts";
import type { Target } from "../database/target.ts";
import { droppedObjects } from "../plan/drop.ts";
import { SMALL, type ShownRows } from "../plan/shown-rows.ts";
import type { Outline } from "../schema/outline.ts";
import { understood } from "./catalog-outline.ts";

/** What a target holds before it is replaced. */
export interface Present {
  readonly snapshot: Snapshot;
  /** Null when a stored text makes no sense to us: such a database is dropped all the same. */
  readonly outline: Outline | null;
  /** Is being read: the next round trip to a primary. */
  readonly inventory: Promise<Inventory>;
}

/** Reads what a target of the project at `root` holds, without making a local file that is not there. */
export async function inspectPresent(root: string, target: Target): Promise<Present> {
  const { snapshot, database } = await inspectTarget(target);
  const outline = understood(root, snapshot.rows);
  const inventory = database ? takeInventory(database, snapshot, outline) : Promise.resolve(NO_INVENTORY);
  inventory.catch(() => {}); // whoever needs it waits for it
  return { snapshot, outline, inventory };
}

async function takeInventory(
  database: Database,
  snapshot: Snapshot,
  outline: Outline | null,
): Promise<Inventory> {
  try {
    return await readInventory(database, { snapshot, outline, objects: droppedObjects(snapshot.rows) });
  } finally {
    database.close();
  }
}

/** Of a large table without a rowid nothing can be compared at a bounded cost. */
export function shownRows(contents: ReadonlyMap<string, TableContent>): ShownRows[] {
  return [...contents].flatMap(([name, { rows, highest, hasRowid }]) =>
    rows <= SMALL || hasRowid ? [{ name, rows, highest }] : [],
  );
}
