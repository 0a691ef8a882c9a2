import type { Outcome } from "../database/database.ts";
import { rowGuards } from "../plan/plan.ts";
import { localStatements, type RestorePlan } from "../plan/restore.ts";
import type { Deps } from "./deps.ts";
import type { PreparedRestore } from "./prepare-restore.ts";
import { PROOF_READS } from "./prove-content.ts";
import { replaceContent, type Ran, type Replaced, type Replacement } from "./replace-content.ts";
import type { Nouns } from "./rolled-back.ts";

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
  const { plan, backup: source } = prepared;
  const run: Replacement["run"] = async (_, backup): Promise<Ran> => {
    deps.progress(`restoring ${source.name}`);
    // not on the connection of the backup, where more could be told
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
