import { setImmediate } from "node:timers/promises";
import type { Database, Outcome, Rows } from "../database/database.ts";
import type { Snapshot } from "../database/inspect.ts";
import { acquireLock, lockPath } from "../database/lock.ts";
import { openAuthority } from "../database/open.ts";
import type { ProvenReplica } from "../database/prove-replica.ts";
import { wasCommitted } from "../database/settle.ts";
import type { SyncWorker } from "../database/sync-worker.ts";
import { CleanSlateError } from "../errors.ts";
import type { RunRecord } from "../plan/bookkeeping.ts";
import type { PlannedStatement } from "../plan/plan.ts";
import type { Deps } from "./deps.ts";
import { refuseProtected, type Guarded } from "./guards.ts";
import type { MadeBackup } from "./make-backup.ts";
import { proveContent, type ProvenContent } from "./prove-content.ts";
import { rolledBack, UNCHANGED, type Nouns } from "./rolled-back.ts";

/** What replaces everything in a database, in one transaction. */
export interface Replacement extends Guarded {
  readonly snapshot: Snapshot;
  readonly isBackedUp: boolean;
  /** Names of tables that held no row when the snapshot was taken. */
  readonly empty: ReadonlySet<string>;
  /** Name of a backup that is still needed. */
  readonly spared: string | null;
  readonly record: RunRecord;
  /** What the database holds afterwards, and the reads that prove it. */
  readonly content: ProvenContent;
  readonly reads: readonly string[];
  readonly nouns: Nouns;
  /** Runs the transaction on the target, whose truth is open as `database`. */
  readonly run: (database: Database, backup: MadeBackup | null) => Promise<Ran>;
}

/** What became of a transaction, and the statements the index of its failure counts. */
export interface Ran {
  readonly outcome: Outcome;
  readonly statements: readonly PlannedStatement[];
}

export interface Replaced {
  readonly runId: string;
  readonly fingerprint: string;
  /** The replica after its sync; null where there is none. */
  readonly replica: ProvenReplica | null;
  /** What brings back what was there; null when nothing was, or no backup was wanted. */
  readonly backup: MadeBackup | null;
}

/**
 * Replaces the content of a database and proves it. Throws with the database as it was (the failure of its nouns,
 * DATABASE_CHANGED, DATABASE_PROTECTED, DATABASE_BUSY, LOCKED, CANCELLED, …), or after the commit with PROOF_FAILED or what the
 * proof or the replica's sync met, which says so.
 */
export async function replaceContent(deps: Deps, replacement: Replacement): Promise<Replaced> {
  refuseProtected(replacement);
  const lock = acquireLock(lockPath(replacement.target, deps.config.root), deps.now());
  try {
    return await replaceLocked(deps, replacement);
  } finally {
    lock.release();
  }
}

async function replaceLocked(deps: Deps, replacement: Replacement): Promise<Replaced> {
  const { target, record } = replacement;
  const database = await openAuthority(target);
  let worker: SyncWorker | undefined;
  let backup: MadeBackup | null = null;
  try {
    if (target.kind === "replica") worker = await warmWorker();
    await refuseInterrupted(deps, replacement);
    backup = await backUp(deps, replacement, database);
    await refuseInterrupted(deps, replacement);
    const ran = await replacement.run(database, backup);
    await proveCommitted(database, replacement, ran);
  } catch (error) {
    worker?.dismiss();
    throw error;
  } finally {
    database.close();
  }
  const { run_id: runId, fingerprint } = record;
  return { runId, fingerprint, replica: await followingReplica(deps, replacement, worker), backup };
}

/** The process that will sync the replica starts while the primary works. */
async function warmWorker(): Promise<SyncWorker> {
  const { startSyncWorker } = await import("../database/sync-worker.ts");
  return startSyncWorker();
}

/** Nothing is dropped before this is done. */
async function backUp(
  deps: Deps,
  { target, snapshot, isBackedUp, empty, spared, nouns }: Replacement,
  database: Database,
): Promise<MadeBackup | null> {
  if (!isBackedUp) return null;
  const { makeBackup } = await import("./make-backup.ts");
  return makeBackup(deps, {
    target,
    database,
    snapshot,
    empty,
    reason: `before ${nouns.command}`,
    label: null,
    spared,
  });
}

/** The last moment to stop: from here on the transaction is finished. A signal that came while SQLite worked is let in first. */
async function refuseInterrupted({ signal }: Deps, { nouns }: Replacement): Promise<void> {
  await setImmediate();
  if (signal?.aborted)
    throw new CleanSlateError(
      "CANCELLED",
      `interrupted before anything was ${nouns.dropped}; nothing was changed`,
    );
}

async function proveCommitted(database: Database, replacement: Replacement, ran: Ran): Promise<void> {
  const { outcome, statements } = ran;
  const { content, record, nouns } = replacement;
  if (outcome.kind === "rolled-back") throw rolledBack(nouns, statements, outcome);
  if (outcome.kind === "unknown") await settle(database, replacement, outcome.error);
  try {
    const reads: readonly Rows[] =
      outcome.kind === "committed" ? outcome.reads : await database.read(replacement.reads);
    proveContent(content, reads, nouns.done);
  } catch (error) {
    if (!(error instanceof CleanSlateError) || error.code === "PROOF_FAILED") throw error;
    throw new CleanSlateError(
      error.code,
      `the database is ${nouns.done} (run ${record.run_id}), but was not proven: ${error.message}`,
      { cause: error, hint: "clean-slate db-info" },
    );
  }
}

/** Returns when the transaction turns out to be committed. */
async function settle(
  database: Database,
  { record, nouns }: Replacement,
  error: CleanSlateError,
): Promise<void> {
  const committed = await wasCommitted(database, record.run_id);
  if (committed === true) return;
  if (committed === false) {
    throw new CleanSlateError(
      nouns.failed,
      `${error.message}; the ${nouns.noun} was not committed, ${UNCHANGED}`,
      { cause: error, hint: "run the command again" },
    );
  }
  throw new CleanSlateError(
    "OUTCOME_UNKNOWN",
    `${error.message}; whether the ${nouns.noun} was committed is not known`,
    {
      cause: error,
      hint: `when the database answers again, clean-slate db-info shows its last run; this one was ${record.run_id}`,
    },
  );
}

async function followingReplica(
  { now, progress }: Deps,
  { target, record, content, nouns }: Replacement,
  worker: SyncWorker | undefined,
): Promise<ProvenReplica | null> {
  if (target.kind !== "replica") return null;
  const { syncAndProve } = await import("../database/prove-replica.ts");
  const expected = { fingerprint: record.fingerprint, runId: record.run_id, rows: content.rows };
  try {
    return await syncAndProve(target, expected, { now, progress, worker });
  } catch (error) {
    if (!(error instanceof CleanSlateError)) throw error;
    throw new CleanSlateError(
      error.code,
      `the primary is ${nouns.done} and proven, but its replica is not: ${error.message}`,
      { cause: error, hint: "clean-slate sync" },
    );
  }
}
