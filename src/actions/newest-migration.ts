import { join } from "node:path";
import { CleanSlateError } from "../errors.ts";
import { fingerprintInHeader, holdsScript } from "../plan/migration-text.ts";
import type { Config } from "../project/config.ts";
import { newestMigrationName, readMigration, type MigrationFile } from "../project/migrations.ts";
import type { Blueprint, Headline } from "./blueprint.ts";

/** The newest reviewed file and how it stands to the models. */
export interface NewestMigration {
  readonly file: Pick<MigrationFile, "name">;
  /** `unusable`: it cannot be read, is not ours any more, or does not execute. */
  readonly standing: "matches" | "differs" | "unusable";
  /** What the file makes; null when that is the models' schema, or nothing. */
  readonly blueprint: Blueprint | null;
  /** Why it is unusable. */
  readonly reason: string | null;
}

/** Compares the newest file with the models, by its text where that is enough, else by running it in memory. Null without a file. */
export async function newestMigration(
  { root, out }: Config,
  models: Headline,
): Promise<NewestMigration | null> {
  const folder = out.value;
  const name = newestMigrationName(folder);
  if (name === null) return null;
  try {
    const file = readMigration(join(folder, name), name);
    const isOurs = fingerprintInHeader(file.text) === models.fingerprint;
    if (isOurs && holdsScript(file.text, models.script)) {
      return { file, standing: "matches", blueprint: null, reason: null };
    }
    const { blueprintFromMigration } = await import("./blueprint-from-migration.ts");
    const { statements } = await models.blueprint();
    const blueprint = await blueprintFromMigration(root, file, statements);
    const standing = blueprint.fingerprint === models.fingerprint ? "matches" : "differs";
    return { file, standing, blueprint, reason: null };
  } catch (error) {
    if (!(error instanceof CleanSlateError)) throw error;
    return { file: { name }, standing: "unusable", blueprint: null, reason: error.message };
  }
}
