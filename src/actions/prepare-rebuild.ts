import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { resolve } from "node:path";
import type { Snapshot } from "../database/inspect.ts";
import { replicaState, type ReplicaState } from "../database/replica-files.ts";
import type { Target } from "../database/target.ts";
import { protectionOf, type Protection } from "../plan/bookkeeping.ts";
import { droppedObjects } from "../plan/drop.ts";
import { planRebuild, type Plan } from "../plan/plan.ts";
import { readMigration } from "../project/migrations.ts";
import { isSameCatalog } from "../schema/same-catalog.ts";
import { VERSION } from "../version.ts";
import { blueprintFromModels, type Blueprint, type Pause } from "./blueprint.ts";
import { outlinedBlueprint } from "./catalog-outline.ts";
import { targetOf, type Deps } from "./deps.ts";
import { productionGlob } from "./guards.ts";
import { inspectPresent, shownRows, type Present } from "./inspect-present.ts";
import { extrasBetween, lossesOf, NO_EXTRAS, type Extras, type Loss } from "./losses.ts";
import { newestMigration, type NewestMigration } from "./newest-migration.ts";
import { isFailure, reportOf } from "./report.ts";
import { refuseUnreadable } from "./refuse-unreadable.ts";

export interface ApplyOptions {
  /** A migration file to apply instead of the models; relative to the project. */
  readonly file?: string | undefined;
  /** The name of the database, when it is to be destroyed although it is protected. */
  readonly allowProtected?: string | undefined;
  /** Whether a person is shown the losses before they agree: then the rows they saw must still be those at the time of the drop. */
  readonly isReviewed?: boolean | undefined;
  /** False to go without a backup; then nothing brings the rows back. */
  readonly backup?: boolean | undefined;
}

/** Everything a person should see before saying yes. */
export interface PreparedRebuild {
  readonly target: Target;
  /** The database as it was read. */
  readonly snapshot: Snapshot;
  /** Whether a backup is made before anything is dropped; an empty database needs none. */
  readonly isBackedUp: boolean;
  /** Names of tables that held no row. */
  readonly empty: ReadonlySet<string>;
  readonly blueprint: Blueprint;
  readonly plan: Plan;
  readonly losses: readonly Loss[];
  readonly protection: Protection | null;
  /** The database named by whoever wants it destroyed although it is protected. */
  readonly allowProtected: string | null;
  /** The glob by which the target looks like production; null when it does not. */
  readonly production: string | null;
  /** The file applied, or null for the models. */
  readonly file: string | null;
  readonly newest: NewestMigration | null;
  readonly replica: ReplicaState | null;
}

/** Reads models and target and plans the rebuild. Changes nothing. */
export async function prepareRebuild(deps: Deps, options: ApplyOptions): Promise<PreparedRebuild> {
  const { config, now, randomId, progress } = deps;
  const target = targetOf(config);
  if (target.kind !== "local") progress(`reading ${target.primary.host}`);
  const inspecting = beginInspection(config.root, target);
  inspecting.catch(() => {}); // awaited below; the models are loaded meanwhile
  await letRequestLeave(target);
  const blueprint = await loadBlueprint(deps, options, pauseFor(target, inspecting));
  const { fingerprint, statements, rows: made } = blueprint;
  const refusing = refuseUnreadable(target, statements);
  refusing.catch(() => {}); // awaited below
  const present = await inspecting;
  await letRequestLeave(target);
  const { snapshot } = present;
  const isBackedUp = droppedObjects(snapshot.rows).length > 0 && options.backup !== false;
  if (isBackedUp) await loadBackup(target);
  const extras = extrasIn(config.root, present, blueprint);
  const inventory = await present.inventory;
  const { empty } = inventory;
  await refusing;
  const { allowProtected = null, isReviewed = false } = options;
  const plan = planRebuild({
    rows: snapshot.rows,
    schemaVersion: snapshot.schemaVersion,
    creates: statements,
    made,
    empty,
    record: { run_id: randomId(), fingerprint, applied_at: now().toISOString(), version: VERSION },
    allowProtected: allowProtected !== null,
    catalog: target.kind === "local" ? "forgotten" : "in-place",
    shown: isReviewed ? shownRows(inventory.tables) : [],
  });
  const losses = lossesOf({ drops: plan.drops, contents: inventory.tables, creates: statements, extras });
  const guards = {
    protection: protectionOf(present.bookkeeping),
    allowProtected,
    production: productionGlob(target, config.production.value),
  };
  const newest = options.file === undefined ? await newestMigration(config, blueprint) : null;
  const replica = target.kind === "replica" ? replicaState(target.path) : null;
  const file = options.file ?? null;
  return { target, snapshot, isBackedUp, empty, blueprint, plan, losses, ...guards, file, newest, replica };
}

/** A primary works by itself; a file is read by this process, while another one bundles the models. */
async function beginInspection(root: string, target: Target): Promise<Present> {
  if (target.kind === "local") await setImmediate();
  return inspectPresent(root, target);
}

/** While a primary works on it, this process has time for what is needed next. */
async function letRequestLeave({ kind }: Target): Promise<void> {
  if (kind !== "local") await sleep(1);
}

/** Milliseconds in which an answer that has come is read; one that has not would be waited for all the same. */
const READING = 25;

/** While models are loaded, the answer to the first request may come, and the second one can leave. */
function pauseFor(target: Target, inspecting: Promise<unknown>): Pause {
  let isOver = target.kind === "local";
  const answered = inspecting
    .catch(() => {})
    .then(() => letRequestLeave(target))
    .finally(() => (isOver = true));
  return async () => {
    if (!isOver) await Promise.race([answered, sleep(READING)]);
  };
}

/** Loads the code that will be needed, while a primary counts. */
async function loadBackup({ kind }: Target): Promise<void> {
  await import("./make-backup.ts");
  if (kind !== "local") await import("../database/copy-remote.ts");
}

function extrasIn(root: string, { snapshot, outline }: Present, blueprint: Blueprint): Extras {
  if (outline === null || isSameCatalog(snapshot.rows, blueprint.rows)) return NO_EXTRAS;
  return extrasBetween({ rows: snapshot.rows, outline }, outlinedBlueprint(root, blueprint));
}

async function loadBlueprint(
  { config, now }: Deps,
  { file }: ApplyOptions,
  pause: Pause,
): Promise<Blueprint> {
  if (file === undefined) return blueprintFromModels(config, now(), pause);
  const { blueprintFromMigration } = await import("./blueprint-from-migration.ts");
  const blueprint = await blueprintFromMigration(
    config.root,
    readMigration(resolve(config.root, file), file),
  );
  const models = await reportOf(() => blueprintFromModels(config, now()));
  const difference = isFailure(models)
    ? `"${file}" cannot be compared with the models: ${models.error}`
    : models.fingerprint === blueprint.fingerprint
      ? null
      : `"${file}" makes another schema than the models (clean-slate check --file ${file} shows how)`;
  return difference === null ? blueprint : { ...blueprint, warnings: [...blueprint.warnings, difference] };
}
