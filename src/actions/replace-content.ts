import { setImmediate } from "node:timers/promises";
import type { Database, Outcome } from "../database/database.ts";
import { acquireLock, lockPath } from "../database/lock.ts";
import { openAuthority } from "../database/open.ts";
import type { ProvenReplica } from "../database/prove-replica.ts";
import { wasCommitted } from "../database/settle.ts";
import type { SyncWorker } from "../database/sync-worker.ts";
import { CleanSlateError, type ErrorCode } from "../errors.ts";
import type { RunRecord } from "../plan/bookkeeping.ts";
import type { PlannedStatement } from "../plan/plan.ts";
import { discardBackup } from "../project/backups.ts";
import type { Deps } from "./deps.ts";
import { refuseProtected } from "./guards.ts";
import type { KeptBackup, MadeBackup } from "./make-backup.ts";
import type { Prepared } from "./prepared.ts";
import { proveContent, type ProvenContent } from "./prove-content.ts";
import { rolledBack, UNCHANGED, type Nouns } from "./rolled-back.ts";

/** What replaces everything in a database, in one transaction. */
export interface Replacement extends Omit<Prepared, "losses" | "production" | "replica"> {
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
  readonly backup: KeptBackup | null;
}

/**
 * Replaces the content of a database and proves it. Throws with the database as it was (the failure of its nouns,
 * DATABASE_CHANGED, DATABASE_PROTECTED, DATABASE_BUSY, LOCKED, CANCELLED, …), or after the commit with PROOF_FAILED or what the
 * proof or the replica's sync met, which says so and names the backup.
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
  try {
    if (target.kind === "replica") worker = await warmWorker();
    await refuseInterrupted(deps, replacement);
    const backup = await backUp(deps, replacement, database);
    const outcome = await commit(deps, replacement, { database, backup });
    const finished = await finish(deps, replacement, { database, outcome, worker, backup });
    return { runId: record.run_id, fingerprint: record.fingerprint, ...finished };
  } finally {
    worker?.dismiss();
    database.close();
  }
}

/** The process that will sync the replica starts while the primary works. */
async function warmWorker(): Promise<SyncWorker> {
  const { startSyncWorker } = await import("../database/sync-worker.ts");
  return startSyncWorker();
}

/** Nothing is dropped before this is done. */
async function backUp(
  deps: Deps,
  { target, snapshot, isBackedUp, empty, nouns, begun }: Replacement,
  database: Database,
): Promise<MadeBackup | null> {
  if (!isBackedUp) return null;
  if (begun !== null) return begun.keep();
  const { makeBackup } = await import("./make-backup.ts");
  const reason = `before ${nouns.command}`;
  return makeBackup(deps, { target, database, snapshot, empty, reason, label: null, storage: null });
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

/** Codes with which a database may be other than it was. */
const HARM: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["DATABASE_UNREADABLE", "OUTCOME_UNKNOWN"]);

/**
 * Runs the transaction. When nothing of it has stayed, the backup goes too: what it holds is still there, it would push out others,
 * and whoever restores the latest once more means another one.
 */
async function commit(
  deps: Deps,
  replacement: Replacement,
  { database, backup }: Pick<Committed, "database" | "backup">,
): Promise<Outcome> {
  try {
    await refuseInterrupted(deps, replacement);
    const { outcome, statements } = await replacement.run(database, backup);
    if (outcome.kind === "rolled-back") throw rolledBack(replacement.nouns, statements, outcome);
    if (outcome.kind === "unknown") await settle(database, replacement, outcome.error);
    return outcome;
  } catch (error) {
    if (backup === null || !(error instanceof CleanSlateError)) throw error;
    if (HARM.has(error.code)) throw namingUndo(error, backup, replacement.spared);
    discardBackup(backup.backup);
    throw error;
  }
}

/** Returns when the transaction turns out to be committed. */
async function settle(
  database: Database,
  { record, lastRun, snapshot, nouns }: Replacement,
  error: CleanSlateError,
): Promise<void> {
  const before = { run: lastRun, rows: snapshot.rows };
  const committed = await wasCommitted(database, record.run_id, before);
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

interface Committed {
  readonly database: Database;
  readonly outcome: Outcome;
  readonly worker: SyncWorker | undefined;
  readonly backup: MadeBackup | null;
}

/** All that is to be done after the commit; only now do older backups make room. */
async function finish(
  deps: Deps,
  replacement: Replacement,
  { database, outcome, worker, backup: made }: Committed,
): Promise<Pick<Replaced, "replica" | "backup">> {
  const { record, nouns, spared } = replacement;
  const { done } = nouns;
  try {
    const unproven = `the database is ${done} (run ${record.run_id}), but was not proven`;
    await saying(unproven, () => proveCommitted(database, replacement, outcome), "clean-slate db-info");
    const behind = `the primary is ${done} and proven, but its replica is not`;
    const replica = await saying(
      behind,
      () => followingReplica(deps, replacement, worker),
      "clean-slate sync",
    );
    const crowded = `the database is ${done} and proven, but old backups are left`;
    const backup = made && (await saying(crowded, () => keepBackup(deps, made, spared)));
    return { replica, backup };
  } catch (error) {
    throw made === null ? error : namingUndo(error, made);
  }
}

/** Runs what comes after the commit; what fails then says first that it is over. */
async function saying<T>(what: string, run: () => Promise<T>, hint?: string): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof CleanSlateError)) throw error;
    throw new CleanSlateError(error.code, `${what}: ${error.message}`, {
      cause: error,
      hint: hint ?? error.hint ?? "clean-slate db-info",
    });
  }
}

/** `meant` is the backup that was to be restored: the latest is another one now. */
function namingUndo(error: unknown, { backup }: MadeBackup, meant: string | null = null): unknown {
  if (!(error instanceof CleanSlateError)) return error;
  const { code, message, hint } = error;
  const again = meant === null ? "" : `, clean-slate restore ${meant} tries again`;
  const undo = `clean-slate restore ${backup.name} brings back what was there${again}`;
  return new CleanSlateError(code, message, { cause: error, hint: hint ? `${hint}; ${undo}` : undo });
}

async function proveCommitted(
  database: Database,
  { content, reads }: Replacement,
  outcome: Outcome,
): Promise<void> {
  const found = outcome.kind === "committed" ? outcome.reads : null;
  proveContent(content, found ?? (await database.read(reads)));
}

async function followingReplica(
  { now, progress }: Deps,
  { target, record, content }: Replacement,
  worker: SyncWorker | undefined,
): Promise<ProvenReplica | null> {
  if (target.kind !== "replica") return null;
  const { syncAndProve } = await import("../database/prove-replica.ts");
  const expected = { fingerprint: record.fingerprint, runId: record.run_id, rows: content.rows };
  return syncAndProve(target, expected, { now, progress, worker });
}

async function keepBackup(deps: Deps, { backup }: MadeBackup, spared: string | null): Promise<KeptBackup> {
  const { pruneAutomatically } = await import("./make-backup.ts");
  return { backup, pruned: pruneAutomatically(deps, spared) };
}
