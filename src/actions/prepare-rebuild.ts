import { resolve } from "node:path";
import { countRows, type Snapshot } from "../database/inspect.ts";
import { inspectTarget } from "../database/open.ts";
import { replicaState, type ReplicaState } from "../database/replica-files.ts";
import type { Target } from "../database/target.ts";
import { droppedObjects, type DroppedObject } from "../plan/drop.ts";
import { planRebuild, type Plan } from "../plan/plan.ts";
import { readMigration } from "../project/migrations.ts";
import { VERSION } from "../version.ts";
import { blueprintFromMigration, blueprintFromModels, type Blueprint } from "./blueprint.ts";
import { targetOf, type Deps } from "./deps.ts";
import { newestMigration, type NewestMigration } from "./newest-migration.ts";

export interface ApplyOptions {
  /** A migration file to apply instead of the models; relative to the project. */
  readonly file?: string | undefined;
}

/** One object a rebuild takes away. */
export interface Loss extends DroppedObject {
  /** Null for what has no rows, or whose rows cannot be counted. */
  readonly rows: number | null;
  /** False when nothing of this kind and name comes back. */
  readonly isRecreated: boolean;
}

/** Everything a person should see before saying yes. */
export interface PreparedRebuild {
  readonly target: Target;
  readonly blueprint: Blueprint;
  readonly plan: Plan;
  readonly losses: readonly Loss[];
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
  const inspecting = inspect(target);
  inspecting.catch(() => {}); // awaited below; the models are loaded meanwhile
  const blueprint = await loadBlueprint(deps, options);
  const { snapshot, rowCounts } = await inspecting;
  const { fingerprint, statements } = blueprint;
  const record = { run_id: randomId(), fingerprint, applied_at: now().toISOString(), version: VERSION };
  const plan = planRebuild({
    rows: snapshot.rows,
    schemaVersion: snapshot.schemaVersion,
    creates: statements,
    record,
  });
  const kept = new Set(statements.map(({ kind, name }) => `${kind} ${name}`));
  const losses = plan.drops.map((object) => ({
    ...object,
    rows: rowCounts.get(object.name) ?? null,
    isRecreated: kept.has(`${object.kind === "vector index" ? "index" : object.kind} ${object.name}`),
  }));
  const newest = options.file === undefined ? await newestMigration(config.out.value, blueprint) : null;
  const replica = target.kind === "replica" ? replicaState(target.path) : null;
  return { target, blueprint, plan, losses, file: options.file ?? null, newest, replica };
}

async function loadBlueprint({ config, now }: Deps, { file }: ApplyOptions): Promise<Blueprint> {
  if (file === undefined) return blueprintFromModels(config, now());
  return blueprintFromMigration(readMigration(resolve(config.root, file), file));
}

interface Inspection {
  readonly snapshot: Snapshot;
  readonly rowCounts: ReadonlyMap<string, number>;
}

async function inspect(target: Target): Promise<Inspection> {
  const { snapshot, database } = await inspectTarget(target);
  if (!database) return { snapshot, rowCounts: new Map() };
  const names = droppedObjects(snapshot.rows).filter(
    ({ kind }) => kind === "table" || kind === "virtual table",
  );
  const rowCounts = await countRows(
    database,
    names.map(({ name }) => name),
  );
  database.close();
  return { snapshot, rowCounts };
}
