import type { Inventory } from "../database/inventory.ts";
import type { Snapshot } from "../database/inspect.ts";
import { replicaState, type ReplicaState } from "../database/replica-files.ts";
import { protectionOf, type RunRecord } from "../plan/bookkeeping.ts";
import type { DroppedObject } from "../plan/drop.ts";
import type { RebuildOptions } from "../plan/plan.ts";
import type { Statement } from "../schema/create.ts";
import { VERSION } from "../version.ts";
import type { Deps } from "./deps.ts";
import { productionGlob, type Guarded } from "./guards.ts";
import { shownRows, type Present } from "./inspect-present.ts";
import type { BegunBackup } from "./make-backup.ts";
import { lossesOf, type Extras, type Loss } from "./losses.ts";

export interface ReplaceOptions {
  /** The name of the database, when it is to be destroyed although it is protected. */
  readonly allowProtected?: string | undefined;
  /** Whether a person is shown the losses before they agree: then the rows they saw must still be those at the time of the drop. */
  readonly isReviewed?: boolean | undefined;
  /** False to go without a backup of what is there; then nothing brings the rows back. */
  readonly backup?: boolean | undefined;
  /** Whether nobody is going to be asked: a primary is counted in its backup then, which takes one round trip for both. */
  readonly isAgreed?: boolean | undefined;
}

/** What a person should see before everything in a database is replaced, whatever by. */
export interface Prepared extends Guarded {
  /** The database as it was read. */
  readonly snapshot: Snapshot;
  /** The run that had made what is there; null when none had. */
  readonly lastRun: string | null;
  /** Whether a backup is made before anything is dropped; an empty database needs none. */
  readonly isBackedUp: boolean;
  /** The backup as far as it is made; null where it is made when everything is agreed to. Whoever has it discards it in the end. */
  readonly begun: BegunBackup | null;
  /** Names of tables that held no row. */
  readonly empty: ReadonlySet<string>;
  readonly losses: readonly Loss[];
  /** The glob by which the target looks like production; null when it does not. */
  readonly production: string | null;
  readonly replica: ReplicaState | null;
}

/** What is there, and what was asked for. */
export interface Situation {
  readonly target: Guarded["target"];
  readonly present: Present;
  readonly inventory: Inventory;
  readonly begun: BegunBackup | null;
  readonly options: ReplaceOptions;
}

/** What every plan of a replacement by a schema of this fingerprint begins with. */
export function planBasis(
  { now, randomId }: Deps,
  { present, inventory, options }: Situation,
  fingerprint: string,
): Pick<RebuildOptions, "rows" | "schemaVersion" | "record" | "allowProtected" | "shown"> {
  const { rows, schemaVersion } = present.snapshot;
  const record: RunRecord = {
    run_id: randomId(),
    fingerprint,
    applied_at: now().toISOString(),
    version: VERSION,
  };
  return {
    rows,
    schemaVersion,
    record,
    allowProtected: options.allowProtected !== undefined,
    shown: options.isReviewed ? shownRows(inventory.tables) : [],
  };
}

export interface Planned {
  readonly drops: readonly DroppedObject[];
  readonly creates: readonly Statement[];
  readonly extras: Extras;
}

/** What is to be shown of a plan. */
export function preparedOf(
  { config }: Deps,
  { target, present, inventory, begun, options }: Situation,
  { drops, creates, extras }: Planned,
): Prepared {
  return {
    target,
    snapshot: present.snapshot,
    lastRun: present.bookkeeping["run_id"] ?? null,
    isBackedUp: drops.length > 0 && options.backup !== false,
    begun,
    empty: inventory.empty,
    losses: lossesOf({ drops, contents: inventory.tables, creates, extras }),
    protection: protectionOf(present.bookkeeping),
    allowProtected: options.allowProtected ?? null,
    production: productionGlob(target, config.production.value),
    replica: target.kind === "replica" ? replicaState(target.path) : null,
  };
}
