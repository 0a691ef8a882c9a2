import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { CleanSlateError } from "../errors.ts";
import type { DrizzleApi } from "./drizzle.ts";
import type { DrizzleRenderer } from "./renderer.ts";

/** What a model is read with. */
export interface ModelContext {
  readonly drizzle: DrizzleApi;
  readonly renderer: DrizzleRenderer;
  /** Every table the model files export: a foreign key may point nowhere else. */
  readonly exported: ReadonlySet<SQLiteTable>;
  readonly tableNames: ReadonlySet<string>;
}

/** Runs `read` and gives what it throws the name of the table and the part. */
export function attempt<T>(table: string, part: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof CleanSlateError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CleanSlateError("MODELS_INVALID", `table "${table}", ${part}: ${reason}`, { cause: error });
  }
}
