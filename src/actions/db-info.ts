import type { Target } from "../database/target.ts";
import { describeChange } from "../schema/describe-change.ts";
import { diffCatalogs } from "../schema/diff-catalogs.ts";
import { outlinedBlueprint } from "./catalog-outline.ts";
import { isFailure, reportOf, type Report } from "./report.ts";
import type { Config } from "../project/config.ts";
import { answerFromModels, type Headline } from "./blueprint.ts";
import { inspectDatabaseFile, inspectPrimary, type DatabaseReport } from "./database-report.ts";
import { targetOf, type Deps } from "./deps.ts";
import { newestMigration } from "./newest-migration.ts";
import { databaseFiles, type DatabaseFile } from "../database/replica-files.ts";
import { replicaPosition } from "../database/replica.ts";
import { settingsOf, type SettingReport } from "./settings.ts";

export interface DbInfo {
  readonly settings: readonly SettingReport[];
  readonly target: { readonly kind: Target["kind"] | "unusable"; readonly name: string };
  /** The local file and its sidecars; empty for a remote target or a file that is not there. */
  readonly files: readonly DatabaseFile[];
  /** The local file, or the replica. */
  readonly local: Report<DatabaseReport> | null;
  readonly primary: Report<DatabaseReport & { readonly host: string; readonly latency: number }> | null;
  readonly replica: ReplicaReport | null;
  readonly models: Report<{
    readonly creates: string;
    readonly fingerprint: string;
    readonly warnings: readonly string[];
  }>;
  /** How the authority differs from the models, in words; null when one of the two cannot be read. */
  readonly drift: readonly string[] | null;
  /** Objects the models do not know; null when one of the two cannot be read. */
  readonly unknownObjects: readonly string[] | null;
  readonly newest: { readonly file: string; readonly standing: string } | null;
}

export interface ReplicaReport {
  /** Null when one of the two cannot be read. */
  readonly equalsPrimary: boolean | null;
  /** The frame of the primary's log it has reached; null where the protocol does not tell. */
  readonly frame: number | null;
}

/** Reads everything there is to know and changes nothing. What is missing or broken is reported, never thrown. */
export function dbInfo({ config, now }: Deps): Promise<DbInfo> {
  return answerFromModels(config, now(), (load) => inform(config, load));
}

async function inform(config: Config, load: () => Promise<Headline>): Promise<DbInfo> {
  const resolved = await reportOf(() => targetOf(config));
  const target = isFailure(resolved) ? null : resolved;
  const { root } = config;
  const [models, local, primary] = await Promise.all([
    reportOf(load),
    target && target.kind !== "remote" ? reportOf(() => inspectFile(target, root)) : null,
    target && target.kind !== "local" ? reportOf(() => inspectPrimary(target.primary, root)) : null,
  ]);
  const authority = primary ?? local;
  const files = target && target.kind !== "remote" ? databaseFiles(target.path) : [];
  return {
    settings: settingsOf(config),
    target: isFailure(resolved)
      ? { kind: "unusable", name: resolved.error }
      : { kind: resolved.kind, name: nameOf(resolved) },
    files,
    local,
    primary,
    replica: target?.kind === "replica" ? replicaReport(target.path, local, primary) : null,
    models: isFailure(models)
      ? models
      : { creates: models.creates, fingerprint: models.fingerprint, warnings: models.warnings },
    ...(await comparison(config, models, authority)),
  };
}

function inspectFile(
  { kind, path }: Exclude<Target, { kind: "remote" }>,
  root: string,
): Promise<DatabaseReport> {
  return inspectDatabaseFile(path, kind === "replica" ? "sync" : "apply-migration", root);
}

function nameOf(target: Target): string {
  switch (target.kind) {
    case "local":
      return target.path;
    case "replica":
      return `${target.path} of ${target.primary.host}`;
    case "remote":
      return target.primary.host;
  }
}

function replicaReport(path: string, local: DbInfo["local"], primary: DbInfo["primary"]): ReplicaReport {
  const isReadable = local !== null && primary !== null && !isFailure(local) && !isFailure(primary);
  return {
    equalsPrimary: isReadable
      ? local.fingerprint === primary.fingerprint && local.lastRun?.["run_id"] === primary.lastRun?.["run_id"]
      : null,
    frame: replicaPosition(path).frame,
  };
}

async function comparison(
  config: Config,
  models: Report<Headline>,
  authority: Report<DatabaseReport> | null,
): Promise<Pick<DbInfo, "drift" | "unknownObjects" | "newest">> {
  if (isFailure(models)) return { drift: null, unknownObjects: null, newest: null };
  const found = await newestMigration(config, models);
  const newest = found && { file: found.file.name, standing: found.standing };
  if (authority === null || isFailure(authority)) return { drift: null, unknownObjects: null, newest };
  if (authority.fingerprint === models.fingerprint) return { drift: [], unknownObjects: [], newest };
  const made = outlinedBlueprint(config.root, await models.blueprint());
  const changes = diffCatalogs(authority.catalog(), made);
  const unknown = changes.filter(({ kind }) => kind.endsWith("-removed"));
  return {
    drift: changes.map((change) => describeChange(change)),
    unknownObjects: unknown.map((change) => describeChange(change)),
    newest,
  };
}
