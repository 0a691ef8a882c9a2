import { rowGuards } from "../plan/plan.ts";
import type { Deps } from "./deps.ts";
import type { PreparedRebuild } from "./prepare-rebuild.ts";
import { STRICT_PROOF_READS } from "./prove-content.ts";
import { replaceContent, type Ran, type Replaced, type Replacement } from "./replace-content.ts";
import type { Nouns } from "./rolled-back.ts";

const NOUNS: Nouns = {
  command: "apply-migration",
  noun: "rebuild",
  done: "rebuilt",
  drop: "drop",
  dropped: "dropped",
  failed: "REBUILD_FAILED",
  mend: "mend the model, then run the command again",
};

/** Runs a prepared rebuild in one transaction and proves it; {@link replaceContent} says what it throws. */
export async function performRebuild(deps: Deps, prepared: PreparedRebuild): Promise<Replaced> {
  const { target, plan, blueprint } = prepared;
  const run: Replacement["run"] = async (database, backup): Promise<Ran> => {
    deps.progress(`rebuilding ${target.kind === "local" ? target.path : target.primary.host}`);
    const statements = [...rowGuards(backup?.unchanged ?? []), ...plan.statements];
    const outcome = await database.transact(
      statements.map(({ sql }) => sql),
      STRICT_PROOF_READS,
    );
    return { outcome, statements };
  };
  return replaceContent(deps, {
    ...prepared,
    spared: null,
    record: plan.record,
    content: blueprint,
    reads: STRICT_PROOF_READS,
    nouns: NOUNS,
    run,
  });
}
