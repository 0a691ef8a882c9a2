import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { resolve } from "node:path";
import type { Target } from "../database/target.ts";
import { droppedObjects } from "../plan/drop.ts";
import { protectionOf } from "../plan/bookkeeping.ts";
import { planRebuild, type Plan } from "../plan/plan.ts";
import { readMigration } from "../project/migrations.ts";
import { isSameCatalog } from "../schema/same-catalog.ts";
import { blueprintFromModels, headlineOf, type Blueprint, type Pause } from "./blueprint.ts";
import { outlinedBlueprint } from "./catalog-outline.ts";
import { targetOf, type Deps } from "./deps.ts";
import { refusalOf } from "./guards.ts";
import { inspectPresent, type Present } from "./inspect-present.ts";
import { extrasBetween, NO_EXTRAS, type Extras } from "./losses.ts";
import { newestMigration, type NewestMigration } from "./newest-migration.ts";
import { planBasis, preparedOf, type Prepared, type ReplaceOptions } from "./prepared.ts";
import { isFailure, reportOf } from "./report.ts";
import { refuseUnreadable } from "./refuse-unreadable.ts";

export interface ApplyOptions extends ReplaceOptions {
  /** A migration file to apply instead of the models; relative to the project. */
  readonly file?: string | undefined;
}

/** Everything a person should see before saying yes. */
export interface PreparedRebuild extends Prepared {
  readonly blueprint: Blueprint;
  readonly plan: Plan;
  /** The file applied, or null for the models. */
  readonly file: string | null;
  readonly newest: NewestMigration | null;
}

/** Reads models and target and plans the rebuild. Changes nothing in the database; where it is agreed to, its backup is begun. */
export async function prepareRebuild(deps: Deps, options: ApplyOptions): Promise<PreparedRebuild> {
  const inspection = new AbortController();
  const target = targetOf(deps.config);
  if (target.kind !== "local") deps.progress(`reading ${target.primary.host}`);
  const inspecting = beginInspection(deps, options, abandonable(target, inspection.signal));
  inspecting.catch(() => {}); // awaited below; the models are loaded meanwhile
  try {
    return await prepare(deps, options, inspecting);
  } catch (error) {
    inspection.abort(); // the process would wait for its answer
    inspecting.then(async ({ backup }) => (await backup)?.discard()).catch(() => {});
    throw error;
  }
}

async function prepare(
  deps: Deps,
  options: ApplyOptions,
  inspecting: Promise<Present>,
): Promise<PreparedRebuild> {
  const { config } = deps;
  const target = targetOf(config);
  await letRequestLeave(target);
  if (willBackUpEarly(target, options)) await loadBackup(target);
  const blueprint = await loadBlueprint(deps, options, pauseFor(target, inspecting));
  const { fingerprint, statements: creates, rows: made } = blueprint;
  const refusing = refuseUnreadable(target, creates);
  refusing.catch(() => {}); // awaited below
  const present = await inspecting;
  await letRequestLeave(target);
  if (options.backup !== false && droppedObjects(present.snapshot.rows).length > 0) await loadBackup(target);
  const extras = extrasIn(config.root, present, blueprint);
  const inventory = await present.inventory;
  const situation = { target, present, inventory, begun: await present.backup, options };
  const { empty } = situation.inventory;
  await refusing;
  const catalog = target.kind === "local" ? "forgotten" : "in-place";
  const plan = planRebuild({ ...planBasis(deps, situation, fingerprint), creates, made, empty, catalog });
  const newest = options.file === undefined ? await newestMigration(config, headlineOf(blueprint)) : null;
  const prepared = preparedOf(deps, situation, { drops: plan.drops, creates, extras });
  return { ...prepared, blueprint, plan, file: options.file ?? null, newest };
}

function abandonable(target: Target, signal: AbortSignal): Target {
  return target.kind === "local" ? target : { ...target, primary: { ...target.primary, signal } };
}

/** A primary works by itself; a file is read by this process, while another one bundles the models. */
async function beginInspection(deps: Deps, options: ApplyOptions, target: Target): Promise<Present> {
  if (target.kind === "local") await setImmediate();
  return inspectPresent(deps.config.root, target, async (found) => {
    const protection = protectionOf(found.bookkeeping);
    const guarded = { target, protection, allowProtected: options.allowProtected ?? null };
    if (!willBackUpEarly(target, options) || refusalOf(guarded) !== null) return null;
    const { beginBackup } = await import("./make-backup.ts");
    const { empty } = found.storage;
    return beginBackup(deps, { ...found, target, empty, reason: "before apply-migration", label: null });
  });
}

/** A file is counted at once, and its backup proven on the connection of the rebuild. */
function willBackUpEarly({ kind }: Target, { isAgreed, backup }: ApplyOptions): boolean {
  return kind !== "local" && isAgreed === true && backup !== false;
}

/** While a primary works on it, this process has time for what is needed next. */
async function letRequestLeave({ kind }: Target): Promise<void> {
  if (kind === "local") return;
  await sleep(1);
  await setImmediate(); // what a connection has said is heard after what a timer was to do
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
