import { CleanSlateError } from "../errors.ts";
import { openCatalogCache } from "../project/catalog-cache.ts";
import { schemaFromCatalog } from "../schema/from-catalog.ts";
import { outlineOf, type Outline } from "../schema/outline.ts";
import type { CatalogRow } from "../schema/types.ts";

const known = new WeakMap<readonly CatalogRow[], Outline>();

/** Outlines a catalog, which is parsed only when none in this project said the same. Throws DATABASE_UNREADABLE when a text makes no sense. */
export function catalogOutline(root: string, rows: readonly CatalogRow[]): Outline {
  const found = known.get(rows);
  if (found !== undefined) return found;
  const cache = openCatalogCache(root);
  const kept = cache.read(rows);
  const outline = kept ?? outlineOf(schemaFromCatalog(rows));
  if (kept === null) cache.write(rows, outline);
  known.set(rows, outline);
  return outline;
}

/** The same, or null when a stored text makes no sense to us. */
export function understood(root: string, rows: readonly CatalogRow[]): Outline | null {
  try {
    return catalogOutline(root, rows);
  } catch (error) {
    if (error instanceof CleanSlateError) return null;
    throw error;
  }
}
