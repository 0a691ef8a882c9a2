import { FENCE, READ_BOOKKEEPING } from "../plan/bookkeeping.ts";
import { isSameCatalog } from "../schema/same-catalog.ts";
import type { CatalogRow } from "../schema/types.ts";
import type { Database } from "./database.ts";
import { bookkeepingFromRows, catalogFromRead, READ_CATALOG } from "./inspect.ts";

/** Attempts to learn the fate of a transaction, each after twice the pause of the one before. */
const ATTEMPTS = 4;
const FIRST_PAUSE = 500;

/** What was there before a run whose answer was lost. */
export interface Before {
  /** The run that had made it; null when none had. */
  readonly run: string | null;
  readonly rows: readonly CatalogRow[];
}

/**
 * Finds out whether the run whose answer was lost is in the database. Asks inside a write transaction, so that one still
 * running is waited for, and fences out one still on its way. Null when the primary cannot be asked, or when what it holds is neither
 * that of the lost run nor what was there before: then somebody else has been at work.
 */
export async function wasCommitted(
  database: Database,
  lost: string,
  before: Before,
): Promise<boolean | null> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE * 2 ** (attempt - 1)));
    const outcome = await database.transact(FENCE, [READ_BOOKKEEPING]);
    if (outcome.kind !== "committed" || outcome.reads === null) continue;
    const run = bookkeepingFromRows(outcome.reads[0])["run_id"] ?? null;
    if (run === lost) return true;
    return run === before.run && (await holds(database, before.rows)) ? false : null;
  }
  return null;
}

async function holds(database: Database, rows: readonly CatalogRow[]): Promise<boolean> {
  const [found] = await database.readEach([READ_CATALOG]).catch(() => []);
  return isSameCatalog(catalogFromRead(found), rows);
}
