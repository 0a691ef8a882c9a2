import type { Database, Outcome, Rows } from "../database/database.ts";
import { acquireLock, lockPath } from "../database/lock.ts";
import { openAuthority } from "../database/open.ts";
import type { ProvenReplica } from "../database/prove-replica.ts";
import { wasCommitted } from "../database/settle.ts";
import type { SyncWorker } from "../database/sync-worker.ts";
import { CleanSlateError, type ErrorCode } from "../errors.ts";
import { withRowGuards, type Plan, type Refusal } from "../plan/plan.ts";
import type { Deps } from "./deps.ts";
import { refuseProtected } from "./guards.ts";
import type { MadeBackup } from "./make-backup.ts";
import type { PreparedRebuild } from "./prepare-rebuild.ts";
import { PROOF_READS, proveRebuild } from "./prove-rebuild.ts";

export interface RebuildResult {
  readonly runId: string;
  readonly fingerprint: string;
  /** The replica after its sync; null where there is none. */
  readonly replica: ProvenReplica | null;
  /** What brings back what was dropped; null when nothing was, or no backup was wanted. */
  readonly backup: MadeBackup | null;
}

/**
 * Runs a prepared rebuild in one transaction and proves it. Throws with the database as it was (REBUILD_FAILED,
 * DATABASE_CHANGED, DATABASE_PROTECTED, DATABASE_BUSY, LOCKED, CANCELLED, …), or after the commit with PROOF_FAILED or what the
 * replica's sync met, which says so.
 */
export async function performRebuild(deps: Deps, prepared: PreparedRebuild): Promise<RebuildResult> {
  refuseProtected(prepared);
  const lock = acquireLock(lockPath(prepared.target, deps.config.root), deps.now());
  try {
    return await performLocked(deps, prepared);
  } finally {
    lock.release();
  }
}

async function performLocked(deps: Deps, prepared: PreparedRebuild): Promise<RebuildResult> {
  const { target, plan, blueprint } = prepared;
  const database = await openAuthority(target);
  const worker = target.kind === "replica" ? await warmWorker() : undefined;
  let backup: MadeBackup | null = null;
  try {
    refuseInterrupted(deps);
    backup = await backUp(deps, prepared, database);
    refuseInterrupted(deps);
    deps.progress(
      target.kind === "local" ? `rebuilding ${target.path}` : `rebuilding ${target.primary.host}`,
    );
    const reads = await commit(database, withRowGuards(plan, backup?.unchanged ?? []));
    proveRebuild(blueprint, reads);
  } catch (error) {
    worker?.dismiss();
    throw error;
  } finally {
    database.close();
  }
  const { run_id: runId, fingerprint } = plan.record;
  return { runId, fingerprint, replica: await followingReplica(deps, prepared, worker), backup };
}

/** The process that will sync the replica starts while the primary works. */
async function warmWorker(): Promise<SyncWorker> {
  const { startSyncWorker } = await import("../database/sync-worker.ts");
  return startSyncWorker();
}

/** Nothing is dropped before this is done. */
async function backUp(
  deps: Deps,
  { target, snapshot, isBackedUp }: PreparedRebuild,
  database: Database,
): Promise<MadeBackup | null> {
  if (!isBackedUp) return null;
  const { makeBackup } = await import("./make-backup.ts");
  return makeBackup(deps, {
    target,
    database,
    snapshot,
    reason: "before apply-migration",
    label: null,
    spared: null,
  });
}

/** The last moment to stop: from here on the transaction is finished. */
function refuseInterrupted({ signal }: Deps): void {
  if (signal?.aborted)
    throw new CleanSlateError("CANCELLED", "interrupted before anything was dropped; nothing was changed");
}

async function commit(database: Database, plan: Plan): Promise<readonly Rows[]> {
  const outcome = await database.transact(
    plan.statements.map(({ sql }) => sql),
    PROOF_READS,
  );
  if (outcome.kind === "committed") return outcome.reads;
  if (outcome.kind === "rolled-back") throw rolledBack(plan, outcome);
  const committed = await wasCommitted(database, plan.record.run_id);
  if (committed === true) return database.read(PROOF_READS);
  if (committed === false) {
    throw new CleanSlateError(
      "REBUILD_FAILED",
      `${outcome.error.message}; the rebuild was not committed, the database is as it was`,
      {
        cause: outcome.error,
        hint: "run the command again",
      },
    );
  }
  throw new CleanSlateError(
    "OUTCOME_UNKNOWN",
    `${outcome.error.message}; whether the rebuild was committed is not known`,
    {
      cause: outcome.error,
      hint: `when the primary answers again, clean-slate db-info shows its last run; this one was ${plan.record.run_id}`,
    },
  );
}

const UNCHANGED = "the database is as it was";

const LOOK_AGAIN = "run the command again and read what it would drop now";

/** What the failure of a guard means, where it is not the models' fault. */
const REFUSALS: Readonly<Record<Refusal, { code: ErrorCode; says: string; hint: string } | null>> = {
  schema: {
    code: "DATABASE_CHANGED",
    says: "the schema was changed by someone else after it was shown",
    hint: LOOK_AGAIN,
  },
  rows: {
    code: "DATABASE_CHANGED",
    says: "rows were written or deleted by someone else after they were shown",
    hint: LOOK_AGAIN,
  },
  protected: {
    code: "DATABASE_PROTECTED",
    says: "the database was protected by someone else after it was shown",
    hint: "clean-slate db-info shows since when and why",
  },
  "foreign-keys": null,
};

function rolledBack(
  plan: Plan,
  { index, error }: Extract<Outcome, { kind: "rolled-back" }>,
): CleanSlateError {
  const failed = index === null ? undefined : plan.statements[index];
  if (error.code !== "SQL_INVALID") {
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    return new CleanSlateError(error.code, `${error.message}; ${UNCHANGED}`, { cause: error, ...hint });
  }
  const refused = failed?.refusal && REFUSALS[failed.refusal];
  if (refused) {
    return new CleanSlateError(refused.code, `${refused.says}; ${UNCHANGED}`, {
      cause: error,
      hint: refused.hint,
    });
  }
  const what = failed ? `cannot ${failed.label}` : "the rebuild failed";
  const sql = failed ? `\n\n${failed.sql}\n` : "";
  return new CleanSlateError("REBUILD_FAILED", `${what}: ${error.message}; ${UNCHANGED}${sql}`, {
    cause: error,
    hint:
      failed?.role === "create"
        ? "mend the model, then run the command again"
        : "clean-slate db-info shows what the database holds",
  });
}

async function followingReplica(
  { now, progress }: Deps,
  { target, plan, blueprint }: PreparedRebuild,
  worker: SyncWorker | undefined,
): Promise<ProvenReplica | null> {
  if (target.kind !== "replica") return null;
  const { syncAndProve } = await import("../database/prove-replica.ts");
  const { fingerprint, run_id: runId } = plan.record;
  try {
    return await syncAndProve(
      target,
      { fingerprint, runId, rows: blueprint.rows },
      { now, progress, worker },
    );
  } catch (error) {
    if (!(error instanceof CleanSlateError)) throw error;
    throw new CleanSlateError(
      error.code,
      `the primary is rebuilt and proven, but its replica is not: ${error.message}`,
      {
        cause: error,
        hint: "clean-slate sync",
      },
    );
  }
}
