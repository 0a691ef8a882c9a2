import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { readSnapshot } from "../database/inspect.ts";
import { openAuthority } from "../database/open.ts";
import type { Target } from "../database/target.ts";
import { CleanSlateError } from "../errors.ts";
import { newestMigrationName, readMigration, type MigrationFile } from "../project/migrations.ts";
import type { Change } from "../schema/change.ts";
import { diffSchemas } from "../schema/diff.ts";
import { describeChange } from "../schema/describe-change.ts";
import { fingerprintOf } from "../schema/fingerprint.ts";
import { schemaFromCatalog } from "../schema/from-catalog.ts";
import { matchesGlob } from "../schema/glob.ts";
import { groupChanges, type ChangeGroup } from "../schema/group-changes.ts";
import { ignoredNames, withoutIgnored, withoutIgnoredTables } from "../schema/ignore.ts";
import type { Schema } from "../schema/types.ts";
import { blueprintFromModels } from "./blueprint.ts";
import { blueprintFromMigration } from "./blueprint-from-migration.ts";
import { targetOf, type Deps } from "./deps.ts";
import { sqlDiff } from "./sql-diff.ts";

export interface CheckOptions {
  /** Compare with a reviewed file instead of the database: its path, or true for the newest. */
  readonly file?: string | true | undefined;
  /** Globs of objects that belong to others. */
  readonly ignore?: readonly string[] | undefined;
  /** Write the difference as SQL too. */
  readonly sql?: boolean | undefined;
}

/** What the models were compared with. */
export type Counterpart =
  | { readonly kind: "database"; readonly target: Target }
  | { readonly kind: "file"; readonly file: string };

/** A change with its words. */
export type DescribedChange = Change & { readonly text: string };

export interface Difference extends Omit<ChangeGroup, "changes"> {
  readonly changes: readonly DescribedChange[];
}

export interface CheckResult {
  readonly isEqual: boolean;
  readonly counterpart: Counterpart;
  readonly differences: readonly Difference[];
  /** Names of objects on either side that `ignore` left out. */
  readonly ignored: readonly string[];
  readonly fingerprints: { readonly models: string; readonly found: string };
  /** For instance `6 tables, 9 indexes, 1 view`. */
  readonly creates: string;
  /** A unified diff that makes the models out of what was found; null when it was not asked for. */
  readonly sql: string | null;
  readonly warnings: readonly string[];
}

/** Compares the models with the live database, or with a reviewed file without touching any database. Changes nothing. */
export async function check(deps: Deps, options: CheckOptions): Promise<CheckResult> {
  const finding = find(deps, options);
  finding.catch(() => {}); // awaited below; the models are loaded meanwhile
  const models = await blueprintFromModels(deps.config, deps.now());
  const found = await finding;
  const { ignore = [] } = options;
  const isIgnored = (name: string): boolean => ignore.some((glob) => matchesGlob(glob, name));
  const schema = await models.schema();
  const from = withoutIgnored(found.schema, isIgnored);
  const to = withoutIgnored(schema, isIgnored);
  const groups = groupChanges(withoutIgnoredTables(diffSchemas(from, to), isIgnored), { from, to });
  const words = {
    from: found.counterpart.kind === "file" ? "the reviewed file" : "the database",
    to: "the models",
  };
  return {
    isEqual: groups.length === 0,
    counterpart: found.counterpart,
    differences: groups.map((group) => ({
      ...group,
      changes: group.changes.map((change) => ({ ...change, text: describeChange(change, words) })),
    })),
    ignored: ignoredNames([found.schema, schema], isIgnored),
    fingerprints: { models: models.fingerprint, found: fingerprintOf(found.schema) },
    creates: models.creates,
    sql: options.sql ? await sqlDiff(groups, { from, to }) : null,
    warnings: [...models.warnings, ...found.warnings],
  };
}

interface Found {
  readonly counterpart: Counterpart;
  readonly schema: Schema;
  readonly warnings: readonly string[];
}

async function find({ config, progress }: Deps, { file }: CheckOptions): Promise<Found> {
  if (file !== undefined) {
    const reviewed =
      file === true ? newestFile(config.out.value) : readMigration(resolve(config.root, file), file);
    const { schema, warnings } = await blueprintFromMigration(config.root, reviewed);
    return { counterpart: { kind: "file", file: reviewed.name }, schema: await schema(), warnings };
  }
  const target = targetOf(config);
  if (target.kind === "local" && !existsSync(target.path)) {
    throw new CleanSlateError("DATABASE_NOT_FOUND", `"${target.path}" does not exist yet`, {
      hint: "clean-slate apply-migration makes it; clean-slate check --file needs no database",
    });
  }
  if (target.kind !== "local") progress(`reading ${target.primary.host}`);
  const database = await openAuthority(target);
  try {
    const { rows } = await readSnapshot(database);
    return { counterpart: { kind: "database", target }, schema: schemaFromCatalog(rows), warnings: [] };
  } finally {
    database.close();
  }
}

function newestFile(folder: string): MigrationFile {
  const name = newestMigrationName(folder);
  if (name !== null) return readMigration(join(folder, name), name);
  throw new CleanSlateError("MIGRATION_INVALID", `there is no reviewed file in "${folder}"`, {
    hint: "clean-slate generate-migration writes one",
  });
}
