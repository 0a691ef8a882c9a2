import { join } from "node:path";
import { CleanSlateError } from "../errors.ts";
import type { Config } from "../project/config.ts";
import type { Origin } from "../project/model-cache.ts";
import { loadModels } from "../project/models.ts";
import { openProofCache } from "../project/proof-cache.ts";
import { readSqlFiles } from "../project/sql-files.ts";
import { createStatements } from "../schema/create.ts";
import { schemaFromModels } from "../schema/from-models.ts";
import { statementsFromSqlFile } from "../schema/from-sql-files.ts";
import { modelWarnings } from "../schema/model-warnings.ts";
import { refuseOtherColumns } from "../schema/same-columns.ts";
import type { Content, Pause } from "./blueprint.ts";
import { prove } from "./proof.ts";

export interface ModelContent {
  readonly content: Content;
  /** What it depends on; null when the same files may make something else on another run. */
  readonly origin: Origin | null;
  readonly warnings: readonly string[];
}

/** Milliseconds after which there is time to load what may not be needed. */
const LONG_WAIT = 30;

export interface ContentOptions {
  readonly config: Config;
  /** Unmasks defaults that are made at import time. */
  readonly now: Date;
  readonly pause: Pause;
  /** How the models were linked when nothing has changed since but their content; else null. */
  readonly linkage: string | null;
}

/** Loads the models, writes their SQL and proves it in memory. Throws MODELS_INVALID, MODELS_NOT_FOUND or SQL_INVALID. */
export async function contentFromModels(options: ContentOptions): Promise<ModelContent> {
  const { config, now, pause } = options;
  const { root, models, casing } = config;
  const loading = loadModels(root, models.value, options.linkage);
  loading.catch(() => {}); // awaited below; until then esbuild works in another process
  const proofs = openProofCache(root);
  const waiting = setTimeout(() => void import("../database/scratch.ts"), LONG_WAIT);
  const loaded = await loading.finally(() => clearTimeout(waiting));
  await pause();
  const { drizzle, exports } = loaded;
  const sqlFiles = readSqlFiles(root, models.value);
  const written = sqlFiles.flatMap(statementsFromSqlFile);
  const schema = schemaFromModels(drizzle, exports, { casing: casing?.value ?? null, written });
  const statements = createStatements(schema, written);
  await pause();
  if (statements.length === 0) {
    throw new CleanSlateError("MODELS_NOT_FOUND", `no table or view is exported by ${listed(loaded.files)}`, {
      hint: "export at least one: export const users = sqliteTable(...)",
    });
  }
  const { rows, fingerprint, columns } = await prove(proofs, statements);
  refuseOtherColumns(schema, columns);
  const warnings = modelWarnings(drizzle, exports, now);
  const { inputs: modules, places, aliases, manifest } = loaded;
  const files = [manifest, ...sqlFiles.map(({ file }) => join(root, file))];
  const linkage = loaded.keep();
  const isLasting = loaded.isReproducible() && warnings.length === 0;
  return {
    content: { statements, rows, fingerprint },
    origin: isLasting ? { modules, places, aliases, files, linkage } : null,
    warnings,
  };
}

const MOST_LISTED = 10;

function listed(files: readonly string[]): string {
  const rest = files.length - MOST_LISTED;
  return files.slice(0, MOST_LISTED).join(", ") + (rest > 0 ? `, and ${rest} more` : "");
}
