import { proveStatements } from "../database/scratch.ts";
import { CleanSlateError } from "../errors.ts";
import { fingerprintInHeader, parseMigration } from "../plan/migration-text.ts";
import type { Config } from "../project/config.ts";
import type { MigrationFile } from "../project/migrations.ts";
import { loadModels } from "../project/models.ts";
import { createStatements, type Statement } from "../schema/create.ts";
import { fingerprintOf } from "../schema/fingerprint.ts";
import { schemaFromCatalog } from "../schema/from-catalog.ts";
import { schemaFromModels } from "../schema/from-models.ts";
import { modelWarnings } from "../schema/model-warnings.ts";
import type { CatalogRow, Schema } from "../schema/types.ts";

/** What a database is to become: statements that are known to execute, and what they make. */
export interface Blueprint {
  readonly statements: readonly Statement[];
  /** The catalog a database has after them. */
  readonly rows: readonly CatalogRow[];
  readonly schema: Schema;
  readonly fingerprint: string;
  readonly warnings: readonly string[];
}

/** Loads the models, writes their SQL and proves it in memory. `now` unmasks defaults that are made at import time. */
export async function blueprintFromModels(config: Config, now: Date): Promise<Blueprint> {
  const { drizzle, exports, files } = await loadModels(config.root, config.models.value);
  const schema = schemaFromModels(drizzle, exports, { casing: config.casing?.value ?? null });
  const statements = createStatements(schema);
  if (statements.length === 0) {
    throw new CleanSlateError("MODELS_NOT_FOUND", `no table or view is exported by ${files.join(", ")}`, {
      hint: "export at least one: export const users = sqliteTable(...)",
    });
  }
  return { ...(await prove(statements)), warnings: modelWarnings(drizzle, exports, now) };
}

/** Reads a migration file and proves it in memory. Throws MIGRATION_INVALID when it is not ours or does not execute. */
export async function blueprintFromMigration({ name, text }: MigrationFile): Promise<Blueprint> {
  const statements = parseMigration(name, text);
  try {
    const proven = await prove(statements);
    const isEdited = fingerprintInHeader(text) !== proven.fingerprint;
    return {
      ...proven,
      warnings: isEdited ? [`"${name}" was edited: it makes another schema than its header says`] : [],
    };
  } catch (error) {
    if (!(error instanceof CleanSlateError)) throw error;
    throw new CleanSlateError("MIGRATION_INVALID", `"${name}": ${error.message}`, {
      cause: error,
      hint: "mend the file, or write a new one with generate-migration",
    });
  }
}

async function prove(statements: readonly Statement[]): Promise<Omit<Blueprint, "warnings">> {
  const rows = await proveStatements(statements);
  const schema = schemaFromCatalog(rows);
  return { statements, rows, schema, fingerprint: fingerprintOf(schema) };
}
