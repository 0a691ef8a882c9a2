import type { Outcome } from "../database/database.ts";
import { readSnapshot } from "../database/inspect.ts";
import { acquireLock, lockPath } from "../database/lock.ts";
import { openAuthority } from "../database/open.ts";
import type { ProvenReplica } from "../database/prove-replica.ts";
import type { Target } from "../database/target.ts";
import { wasCommitted } from "../database/settle.ts";
import { CleanSlateError } from "../errors.ts";
import { withRestoreGuards, type RestorePlan } from "../plan/restore.ts";
import { fingerprintOf } from "../schema/fingerprint.ts";
import { schemaFromCatalog } from "../schema/from-catalog.ts";
import type { Deps } from "./deps.ts";
import { refuseProtected } from "./guards.ts";
import { makeBackup, type MadeBackup } from "./make-backup.ts";
import type { PreparedRestore } from "./prepare-restore.ts";

export interface RestoreResult {
  readonly runId: string;
  readonly fingerprint: string;
  /** What was there before; null when nothing was, or no backup was wanted. */
  readonly backup: MadeBackup | null;
  readonly replica: ProvenReplica | null;
}

/**
 * Runs a prepared restore in one transaction in which every row is compared with the backup before the commit. Throws with the
 * database as it was, or after the commit with PROOF_FAILED or what the replica's sync met.
 */
export async function performRestore(deps: Deps, prepared: PreparedRestore): Promise<RestoreResult> {
  refuseProtected(prepared);
  const lock = acquireLock(lockPath(prepared.target, deps.config.root), deps.now());
  try {
    const backup = await backUpPresent(deps, prepared);
    if (deps.signal?.aborted)
      throw new CleanSlateError("CANCELLED", "interrupted before anything was replaced; nothing was changed");
    const plan = withRestoreGuards(prepared.plan, backup?.rowConditions ?? []);
    await settle(prepared.target, plan, await restore(deps, prepared, plan));
    await prove(prepared);
    const { run_id: runId, fingerprint } = prepared.plan.record;
    return { runId, fingerprint, backup, replica: await followingReplica(deps, prepared) };
  } finally {
    lock.release();
  }
}

async function backUpPresent(deps: Deps, prepared: PreparedRestore): Promise<MadeBackup | null> {
  const { target, snapshot, isBackedUp } = prepared;
  if (!isBackedUp) return null;
  const database = await openAuthority(target);
  try {
    const request = { target, database, snapshot, label: null, spared: prepared.backup.name };
    return await makeBackup(deps, { ...request, reason: "before restore" });
  } finally {
    database.close();
  }
}

async function restore(deps: Deps, { target, backup }: PreparedRestore, plan: RestorePlan): Promise<Outcome> {
  deps.progress(`restoring ${backup.name}`);
  if (target.kind === "local") {
    const { restoreLocal } = await import("../database/restore-local.ts");
    return restoreLocal({ path: target.path, source: backup.path, plan });
  }
  const { restoreRemote } = await import("../database/restore-remote.ts");
  return restoreRemote(target.primary, { source: backup.path, plan, onProgress: deps.progress });
}

async function settle(target: Target, plan: RestorePlan, outcome: Outcome): Promise<void> {
  if (outcome.kind === "committed") return;
  const { error } = outcome;
  if (outcome.kind === "rolled-back") throw rolledBack(plan, outcome);
  const database = await openAuthority(target);
  const committed = await wasCommitted(database, plan.record.run_id);
  database.close();
  if (committed === true) return;
  const says =
    committed === null ? "whether the restore was committed is not known" : "the restore was not committed";
  throw new CleanSlateError(
    committed === null ? "OUTCOME_UNKNOWN" : "RESTORE_FAILED",
    `${error.message}; ${says}`,
    {
      cause: error,
      hint: "clean-slate db-info shows what the database holds",
    },
  );
}

function rolledBack(
  { before }: RestorePlan,
  { index, error }: Extract<Outcome, { kind: "rolled-back" }>,
): CleanSlateError {
  const failed = index === null ? undefined : before[index];
  const details = { cause: error, ...(error.hint !== undefined && { hint: error.hint }) };
  if (failed?.refusal) {
    return new CleanSlateError(
      failed.refusal === "protected" ? "DATABASE_PROTECTED" : "DATABASE_CHANGED",
      "the database was changed by someone else after it was shown; it was not restored",
      { cause: error, hint: "run the command again and read what it would replace now" },
    );
  }
  const code = error.code === "SQL_INVALID" ? "RESTORE_FAILED" : error.code;
  const what = failed ? `cannot ${failed.label}: ` : "";
  return new CleanSlateError(code, `${what}${error.message}; the database is as it was`, details);
}

async function prove({ target, plan }: PreparedRestore): Promise<void> {
  const database = await openAuthority(target);
  try {
    const { rows } = await readSnapshot(database);
    const found = fingerprintOf(schemaFromCatalog(rows));
    if (found === plan.record.fingerprint) return;
    throw new CleanSlateError(
      "PROOF_FAILED",
      `the rows are restored, the schema is not that of the backup: its fingerprint is ${found}, not ${plan.record.fingerprint}`,
      { hint: "clean-slate db-info shows what the database holds" },
    );
  } finally {
    database.close();
  }
}

async function followingReplica(
  { now, progress }: Deps,
  { target, plan }: PreparedRestore,
): Promise<ProvenReplica | null> {
  if (target.kind !== "replica") return null;
  const { syncAndProve } = await import("../database/prove-replica.ts");
  const { fingerprint, run_id: runId } = plan.record;
  try {
    return await syncAndProve(target, { fingerprint, runId }, { now, progress });
  } catch (error) {
    if (!(error instanceof CleanSlateError)) throw error;
    const message = `the primary is restored and proven, but its replica is not: ${error.message}`;
    throw new CleanSlateError(error.code, message, { cause: error, hint: "clean-slate sync" });
  }
}
