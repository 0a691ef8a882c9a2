import { readSnapshot } from "../database/inspect.ts";
import { CleanSlateError } from "../errors.ts";
import { createdStatements, planRestore, type RestorePlan } from "../plan/restore.ts";
import { findBackup, type Backup } from "../project/backups.ts";
import { verifyBackup } from "../project/write-backup.ts";
import type { OutlinedCatalog } from "../schema/diff-catalogs.ts";
import { fingerprintFrom } from "../schema/fingerprint.ts";
import { catalogOutline } from "./catalog-outline.ts";
import { targetOf, type Deps } from "./deps.ts";
import { inspectPresent, type Present } from "./inspect-present.ts";
import { extrasBetween, NO_EXTRAS, type Extras } from "./losses.ts";
import { locationOf } from "./make-backup.ts";
import { planBasis, preparedOf, type Prepared, type ReplaceOptions } from "./prepared.ts";
import type { ProvenContent } from "./prove-content.ts";

export interface RestoreOptions extends ReplaceOptions {
  /** A name, a part of one, a label, or `latest`. */
  readonly name: string;
}

/** Everything a person should see before saying yes. */
export interface PreparedRestore extends Prepared {
  readonly backup: Backup;
  /** Whether the backup was made of another database than the one it is to replace. */
  readonly isForeign: boolean;
  readonly plan: RestorePlan;
  /** What the database holds after it. */
  readonly content: ProvenContent;
}

/** Finds the backup, verifies its checksum and plans the restore. Changes nothing. */
export async function prepareRestore(deps: Deps, options: RestoreOptions): Promise<PreparedRestore> {
  const { config, progress } = deps;
  const target = targetOf(config);
  const location = locationOf(target, config.root);
  const backup = findBackup(config.backups.value, options.name, location);
  progress(`verifying ${backup.name}`);
  verifyBackup(backup);
  const source = await readBackup(config.root, backup);
  const present = await inspectPresent(config.root, target);
  const situation = { target, present, inventory: await present.inventory, begun: null, options };
  const fingerprint = fingerprintFrom(source.outline.digests);
  const plan = planRestore({
    ...planBasis(deps, situation, fingerprint),
    backup: source.rows,
    catalog: target.kind === "local" ? "aside" : "in-place",
  });
  const prepared = preparedOf(deps, situation, {
    drops: plan.drops,
    creates: createdStatements(source.rows),
    extras: extrasIn(present, source),
  });
  const isForeign = backup.database.location !== location;
  return { ...prepared, backup, isForeign, plan, content: { rows: source.rows, fingerprint } };
}

function extrasIn({ snapshot, outline }: Present, source: OutlinedCatalog): Extras {
  return outline === null ? NO_EXTRAS : extrasBetween({ rows: snapshot.rows, outline }, source);
}

async function readBackup(root: string, { name, path }: Backup): Promise<OutlinedCatalog> {
  const { openLocal } = await import("../database/local.ts");
  const database = openLocal(path);
  try {
    const { rows } = await readSnapshot(database);
    return { rows, outline: catalogOutline(root, rows) };
  } catch (error) {
    if (!(error instanceof CleanSlateError)) throw error;
    throw new CleanSlateError("BACKUP_DAMAGED", `the backup ${name} cannot be read: ${error.message}`, {
      cause: error,
      hint: "restore another one, by its name in clean-slate backups; nothing was changed",
    });
  } finally {
    database.close();
  }
}
