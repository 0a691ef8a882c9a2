import type { Database } from "../database/database.ts";
import { EMPTY_SNAPSHOT, readState, type State } from "../database/inspect.ts";
import { NO_INVENTORY, readInventory, type Inventory, type TableContent } from "../database/inventory.ts";
import { openPresent } from "../database/open.ts";
import { readStorage, SIZED_PAGES, storageFromRows, type Storage } from "../database/storage.ts";
import type { Target } from "../database/target.ts";
import { droppedObjects } from "../plan/drop.ts";
import { SMALL, type ShownRows } from "../plan/shown-rows.ts";
import { indexOwners } from "../schema/catalog-head.ts";
import type { Outline } from "../schema/outline.ts";
import { understood } from "./catalog-outline.ts";
import type { BegunBackup } from "./make-backup.ts";

/** What a target holds before it is replaced. */
export interface Present extends Pick<State, "snapshot" | "bookkeeping"> {
  /** Null when a stored text makes no sense to us: such a database is dropped all the same. */
  readonly outline: Outline | null;
  /** Is being read: the next round trip to a primary, unless every table is known to be empty. */
  readonly inventory: Promise<Inventory>;
  /** Is being made, and tells the inventory: null where none was begun. */
  readonly backup: Promise<BegunBackup | null>;
}

/** A target that is open, and what was read of it. */
export interface Found extends Pick<State, "snapshot" | "bookkeeping"> {
  readonly database: Database;
  readonly storage: Storage;
}

/** Begins a backup of what was found, or does not. */
export type Begin = (found: Found) => Promise<BegunBackup | null>;

/** Reads what a target of the project at `root` holds, without making a local file that is not there. */
export async function inspectPresent(
  root: string,
  target: Target,
  begin: Begin = async () => null,
): Promise<Present> {
  const database = await openPresent(target);
  if (database === null) return nothing(root);
  const where = target.kind === "local" ? "file" : "primary";
  try {
    const { snapshot, bookkeeping, extras } = await readState(database, where, [readStorage(SIZED_PAGES)]);
    const outline = understood(root, snapshot.rows);
    const storage = storageFromRows(extras[0] ?? null, indexOwners(snapshot.rows));
    const count = () => readInventory(database, { outline, objects: droppedObjects(snapshot.rows), storage });
    const backup = begin({ database, snapshot, bookkeeping, storage });
    const inventory = backup.then((begun) => begun?.inventory ?? count()).finally(() => database.close());
    inventory.catch(() => {}); // whoever needs it waits for it
    return { snapshot, bookkeeping, outline, inventory, backup };
  } catch (error) {
    database.close();
    throw error;
  }
}

function nothing(root: string): Present {
  const outline = understood(root, EMPTY_SNAPSHOT.rows);
  const inventory = Promise.resolve(NO_INVENTORY);
  return { snapshot: EMPTY_SNAPSHOT, bookkeeping: {}, outline, inventory, backup: Promise.resolve(null) };
}

/** Of a large table without a rowid nothing can be compared at a bounded cost. */
export function shownRows(contents: ReadonlyMap<string, TableContent>): ShownRows[] {
  return [...contents].flatMap(([name, { rows, highest, hasRowid }]) =>
    rows <= SMALL || hasRowid ? [{ name, rows, highest }] : [],
  );
}
