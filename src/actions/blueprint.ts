import { join } from "node:path";
import { CleanSlateError } from "../errors.ts";
import { fingerprintInHeader, parseMigration } from "../plan/migration-text.ts";
import type { Config } from "../project/config.ts";
import type { MigrationFile } from "../project/migrations.ts";
import { readVariable } from "../project/environment.ts";
import { keptRows, rowsFromKept, type KeptRow } from "../project/kept-rows.ts";
import { openModelCache } from "../project/model-cache.ts";
import { loadModels } from "../project/models.ts";
import { readSqlFiles } from "../project/sql-files.ts";
import { createStatements, type Statement } from "../schema/create.ts";
import { schemaFromCatalog } from "../schema/from-catalog.ts";
import { schemaFromModels } from "../schema/from-models.ts";
import { statementsFromSqlFile } from "../schema/from-sql-files.ts";
import { modelWarnings } from "../schema/model-warnings.ts";
import { refuseOtherColumns } from "../schema/same-columns.ts";
import type { CatalogRow, Schema } from "../schema/types.ts";
import { VERSION } from "../version.ts";
import { prove, type Proof } from "./proof.ts";

/** What a database is to become: statements that are known to execute, and what they make. */
export interface Blueprint {
  readonly statements: readonly Statement[];
  /** The catalog a database has after them. */
  readonly rows: readonly CatalogRow[];
  readonly schema: Schema;
  readonly fingerprint: string;
  readonly warnings: readonly string[];
}

/** What is kept of a blueprint while nothing it was made of changes. */
interface Kept {
  readonly statements: readonly Statement[];
  readonly rows: readonly KeptRow[];
  readonly fingerprint: string;
}

/**
 * Loads the models, writes their SQL and proves it in memory. All of it is left out when neither the files they are made of nor this
 * program have changed since. `now` unmasks defaults that are made at import time.
 */
export async function blueprintFromModels(config: Config, now: Date): Promise<Blueprint> {
  const { root, models, casing } = config;
  // A default made of a date or a number may depend on where the computer says it is.
  const place = ["TZ", "LANG", "LC_ALL"].map(readVariable);
  const salt = JSON.stringify([VERSION, "blueprint", casing?.value ?? null, ...place]);
  const cache = openModelCache<Kept>({ root, models: models.value, salt });
  const kept = cache.read();
  if (kept) {
    const { statements, fingerprint } = kept;
    return blueprintOf(statements, { rows: rowsFromKept(kept.rows, statements), fingerprint }, []);
  }
  const loading = loadModels(root, models.value);
  // The driver is loaded while esbuild works in another process, when that is long enough.
  const waiting = setTimeout(() => void import("../database/scratch.ts"), 30);
  const loaded = await loading.finally(() => clearTimeout(waiting));
  const { drizzle, exports, files } = loaded;
  const sqlFiles = readSqlFiles(root, models.value);
  const written = sqlFiles.flatMap(statementsFromSqlFile);
  const schema = schemaFromModels(drizzle, exports, { casing: casing?.value ?? null, written });
  const statements = createStatements(schema, written);
  if (statements.length === 0) {
    throw new CleanSlateError("MODELS_NOT_FOUND", `no table or view is exported by ${files.join(", ")}`, {
      hint: "export at least one: export const users = sqliteTable(...)",
    });
  }
  const proof = await prove(root, statements);
  refuseOtherColumns(schema, proof.columns);
  const warnings = modelWarnings(drizzle, exports, now);
  if (loaded.isReproducible() && warnings.length === 0) {
    const besides = sqlFiles.map(({ file }) => join(root, file));
    const { fingerprint } = proof;
    const rows = keptRows(proof.rows, statements);
    cache.write(
      { files: [...loaded.inputs, ...besides], folders: loaded.searched },
      { statements, rows, fingerprint },
    );
  }
  return blueprintOf(statements, proof, warnings);
}

/** The schema is parsed when it is first asked for: a rebuild that goes well never does. */
function blueprintOf(
  statements: readonly Statement[],
  { rows, fingerprint }: Pick<Proof, "rows" | "fingerprint">,
  warnings: readonly string[],
): Blueprint {
  let schema: Schema | undefined;
  return {
    statements,
    rows,
    fingerprint,
    warnings,
    get schema() {
      return (schema ??= schemaFromCatalog(rows));
    },
  };
}

/** Reads a migration file and proves it in memory. Throws MIGRATION_INVALID when it is not ours or does not execute. */
export async function blueprintFromMigration(
  root: string,
  { name, text }: MigrationFile,
): Promise<Blueprint> {
  const statements = parseMigration(name, text);
  try {
    const proof = await prove(root, statements);
    const isEdited = fingerprintInHeader(text) !== proof.fingerprint;
    return blueprintOf(
      statements,
      proof,
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
