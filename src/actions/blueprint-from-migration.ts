import { CleanSlateError } from "../errors.ts";
import { fingerprintInHeader, parseMigration } from "../plan/migration-text.ts";
import type { MigrationFile } from "../project/migrations.ts";
import { openProofCache } from "../project/proof-cache.ts";
import type { Statement } from "../schema/create.ts";
import { blueprintOf, type Blueprint } from "./blueprint.ts";
import { prove } from "./proof.ts";

/**
 * Reads a migration file, fast where it says the same as `known` statements, and proves it in memory. Throws MIGRATION_INVALID when it
 * is not ours or does not execute.
 */
export async function blueprintFromMigration(
  root: string,
  { name, text }: MigrationFile,
  known: readonly Statement[] = [],
): Promise<Blueprint> {
  const statements = parseMigration(name, text, known);
  try {
    const { rows, fingerprint } = await prove(openProofCache(root), statements);
    const isEdited = fingerprintInHeader(text) !== fingerprint;
    return blueprintOf(
      { statements, rows, fingerprint },
      isEdited ? [`"${name}" was edited: it makes another schema than its header says`] : [],
    );
  } catch (error) {
    if (!(error instanceof CleanSlateError)) throw error;
    throw new CleanSlateError("MIGRATION_INVALID", `"${name}": ${error.message}`, {
      cause: error,
      hint: "mend the file, or write a new one with generate-migration",
    });
  }
}
