import type { Database, Outcome } from "../database/database.ts";
import { CleanSlateError } from "../errors.ts";
import { rowGuards } from "../plan/plan.ts";
import { localStatements, type RestorePlan } from "../plan/restore.ts";
import type { Deps } from "./deps.ts";
import type { MadeBackup } from "./make-backup.ts";
import type { PreparedRestore } from "./prepare-restore.ts";
import { PROOF_READS } from "./prove-content.ts";
import { replaceContent, type Ran, type Replaced, type Replacement } from "./replace-content.ts";
import { UNCHANGED, type Nouns } from "./rolled-back.ts";

const NOUNS: Nouns = {
  command: "restore",
  noun: "restore",
  done: "restored",
  drop: "replace",
  dropped: "replaced",
  failed: "RESTORE_FAILED",
  mend: "clean-slate backups lists the other backups",
};

/**
 * Runs a prepared restore in one transaction in which every row is compared with the backup before the commit, and proves it;
 * {@link replaceContent} says what it throws.
 */
export async function performRestore(deps: Deps, prepared: PreparedRestore): Promise<Replaced> {
  const { target, plan, backup: source } = prepared;
  const run: Replacement["run"] = async (database, backup): Promise<Ran> => {
    deps.progress(`restoring ${source.name}`);
    if (target.kind === "local") await refuseChanged(database, backup);
    // not on the connection of the backup, where more can be told
    const before = [...rowGuards(backup?.rowConditions ?? []), ...plan.before];
    return restore(deps, prepared, { ...plan, before });
  };
  return replaceContent(deps, {
    ...prepared,
    spared: source.name,
    record: plan.record,
    reads: PROOF_READS,
    nouns: NOUNS,
    run,
  });
}

/** As late as it can be told on the connection of the backup. Throws DATABASE_CHANGED. */
async function refuseChanged(database: Database, backup: MadeBackup | null): Promise<void> {
  if (backup === null) return;
  const [rows] = await database.read([`SELECT ${backup.unchanged.join(" AND ")} AS is_unchanged`]);
  if (Number(rows?.[0]?.["is_unchanged"]) === 1) return;
  throw new CleanSlateError(
    "DATABASE_CHANGED",
    `rows were written or deleted by someone else after they were backed up; ${UNCHANGED}`,
    { hint: "run the command again and read what it would replace now" },
  );
}

async function restore(deps: Deps, { target, backup }: PreparedRestore, plan: RestorePlan): Promise<Ran> {
  const source = backup.path;
  if (target.kind !== "local") {
    const { restoreRemote } = await import("../database/restore-remote.ts");
    const work = { source, plan, reads: PROOF_READS, onProgress: deps.progress };
    return { outcome: await restoreRemote(target.primary, work), statements: plan.before };
  }
  const { restoreLocal, SOURCE } = await import("../database/restore-local.ts");
  const statements = localStatements(plan, SOURCE);
  const outcome: Outcome = await restoreLocal({ path: target.path, source, statements, reads: PROOF_READS });
  return { outcome, statements };
}
