import { readSnapshot, type Snapshot } from "../database/inspect.ts";
import type { Target } from "../database/target.ts";
import { CleanSlateError } from "../errors.ts";
import { protectionOf, type Protection } from "../plan/bookkeeping.ts";
import { createdStatements, planRestore, type RestorePlan } from "../plan/restore.ts";
import { findBackup, type Backup } from "../project/backups.ts";
import { verifyBackup } from "../project/write-backup.ts";
import { fingerprintFrom } from "../schema/fingerprint.ts";
import type { Outline } from "../schema/outline.ts";
import { VERSION } from "../version.ts";
import { catalogOutline } from "./catalog-outline.ts";
import { targetOf, type Deps } from "./deps.ts";
import { productionGlob } from "./guards.ts";
import { inspectPresent } from "./inspect-present.ts";
import { extrasBetween, lossesOf, NO_EXTRAS, type Loss } from "./losses.ts";
import { locationOf } from "./make-backup.ts";
import type { ProvenContent } from "./prove-content.ts";

export interface RestoreOptions {
  /** A name, a part of one, a label, or `latest`. */
  readonly name: string;
  readonly allowProtected?: string | undefined;
  /** False to make no backup of what is there now. */
  readonly backup?: boolean | undefined;
}

/** Everything a person should see before saying yes. */
export interface PreparedRestore {
  readonly target: Target;
  readonly backup: Backup;
  /** Whether the backup was made of another database than the one it is to replace. */
  readonly isForeign: boolean;
  readonly snapshot: Snapshot;
  readonly isBackedUp: boolean;
  /** Names of tables that held no row. */
  readonly empty: ReadonlySet<string>;
  readonly plan: RestorePlan;
  /** What the database holds after it. */
  readonly content: ProvenContent;
  /** What is there now, and whether the backup has an object of that name. */
  readonly losses: readonly Loss[];
  readonly protection: Protection | null;
  readonly allowProtected: string | null;
  /** The glob by which the target looks like production; null when it does not. */
  readonly production: string | null;
}

/** Finds the backup, verifies its checksum and plans the restore. Changes nothing. */
export async function prepareRestore(deps: Deps, options: RestoreOptions): Promise<PreparedRestore> {
  const { config, now, randomId, progress } = deps;
  const target = targetOf(config);
  const location = locationOf(target, config.root);
  const backup = findBackup(config.backups.value, options.name, location);
  progress(`verifying ${backup.name}`);
  verifyBackup(backup);
  const source = await readBackup(config.root, backup);
  const present = await inspectPresent(config.root, target);
  const { snapshot, outline, bookkeeping } = present;
  const inventory = await present.inventory;
  const { allowProtected = null } = options;
  const fingerprint = fingerprintFrom(source.outline.digests);
  const plan = planRestore({
    rows: snapshot.rows,
    schemaVersion: snapshot.schemaVersion,
    backup: source.snapshot.rows,
    record: { run_id: randomId(), fingerprint, applied_at: now().toISOString(), version: VERSION },
    allowProtected: allowProtected !== null,
    catalog: target.kind === "local" ? "aside" : "in-place",
  });
  const losses = lossesOf({
    drops: plan.drops,
    contents: inventory.tables,
    creates: createdStatements(source.snapshot.rows),
    extras:
      outline === null
        ? NO_EXTRAS
        : extrasBetween(
            { rows: snapshot.rows, outline },
            { rows: source.snapshot.rows, outline: source.outline },
          ),
  });
  return {
    target,
    backup,
    isForeign: backup.database.location !== location,
    snapshot,
    isBackedUp: plan.drops.length > 0 && options.backup !== false,
    empty: inventory.empty,
    plan,
    content: { rows: source.snapshot.rows, fingerprint },
    losses,
    protection: protectionOf(bookkeeping),
    allowProtected,
    production: productionGlob(target, config.production.value),
  };
}

async function readBackup(
  root: string,
  { name, path }: Backup,
): Promise<{ snapshot: Snapshot; outline: Outline }> {
  const { openLocal } = await import("../database/local.ts");
  const database = openLocal(path);
  try {
    const snapshot = await readSnapshot(database);
    return { snapshot, outline: catalogOutline(root, snapshot.rows) };
  } catch (error) {
    if (!(error instanceof CleanSlateError)) throw error;
    throw new CleanSlateError("BACKUP_DAMAGED", `the backup ${name} cannot be read: ${error.message}`, {
      cause: error,
    });
  } finally {
    database.close();
  }
}
