import { createHash } from "node:crypto";
import { normalizeSchema } from "./normalize.ts";
import type { Schema } from "./types.ts";

/** The 16 hex characters that stand for what a schema means: equal exactly when `diffSchemas` finds no change. */
export function fingerprintOf(schema: Schema): string {
  const canonical = JSON.stringify(normalizeSchema(schema));
  return createHash("sha256").update(canonical).digest("hex").slice(0, 16);
}
