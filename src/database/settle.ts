import { FENCE, READ_BOOKKEEPING } from "../plan/bookkeeping.ts";
import type { Database } from "./database.ts";
import { bookkeepingFromRows } from "./inspect.ts";

/** Attempts to learn the fate of a transaction, each after twice the pause of the one before. */
const ATTEMPTS = 4;
const FIRST_PAUSE = 500;

/** The run whose answer was lost, and the one that had made what was there before; null when none had. */
export interface Runs {
  readonly lost: string;
  readonly before: string | null;
}

/**
 * Finds out whether the run whose answer was lost is in the database. Asks inside a write transaction, so that one still
 * running is waited for, and fences out one still on its way. Null when the primary cannot be asked, or a third run has replaced
 * whatever became of it.
 */
export async function wasCommitted(database: Database, { lost, before }: Runs): Promise<boolean | null> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE * 2 ** (attempt - 1)));
    const outcome = await database.transact(FENCE, [READ_BOOKKEEPING]);
    if (outcome.kind !== "committed" || outcome.reads === null) continue;
    const last = bookkeepingFromRows(outcome.reads[0])["run_id"] ?? null;
    return last === lost ? true : last === before ? false : null;
  }
  return null;
}
