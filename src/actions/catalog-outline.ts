import type { Snapshot } from "../database/inspect.ts";
import { CleanSlateError } from "../errors.ts";
import { openKeptCatalog, openKeptHead } from "../project/catalog-cache.ts";
import { openProofCache } from "../project/proof-cache.ts";
import { headOf, type CatalogHead } from "../schema/catalog-head.ts";
import type { OutlinedCatalog } from "../schema/diff-catalogs.ts";
import { schemaFromCatalog } from "../schema/from-catalog.ts";
import { outlineOf, type Outline } from "../schema/outline.ts";
import type { CatalogRow } from "../schema/types.ts";
import type { Content } from "./blueprint.ts";
import { keptOutline, provenOutline } from "./proof.ts";

const known = new WeakMap<readonly CatalogRow[], Outline>();

/**
 * Outlines a catalog, which is parsed only when none in this project said the same and nobody else `knows` it. Throws
 * DATABASE_UNREADABLE when a text makes no sense.
 */
export function catalogOutline(
  root: string,
  rows: readonly CatalogRow[],
  knows: () => Outline | null = () => null,
): Outline {
  const found = known.get(rows);
  if (found !== undefined) return found;
  const cache = openKeptCatalog(root, rows);
  const kept = cache.read();
  const outline = kept ?? knows() ?? outlineOf(schemaFromCatalog(rows));
  if (kept === null) cache.write(outline);
  known.set(rows, outline);
  return outline;
}

/** What most questions to a database are answered by: of a catalog that was seen before no row is looked at. Throws as {@link catalogOutline} does. */
export function catalogHead(root: string, snapshot: Pick<Snapshot, "text" | "rows">): CatalogHead {
  const cache = openKeptHead(root, snapshot.text);
  const kept = cache.read();
  if (kept !== null) return kept;
  const { rows } = snapshot;
  const head = headOf(catalogOutline(root, rows), rows);
  cache.write(head);
  return head;
}

/** Outlines a catalog as {@link catalogOutline} does, or null when a stored text makes no sense to us. */
export function understood(root: string, rows: readonly CatalogRow[]): Outline | null {
  try {
    return catalogOutline(root, rows);
  } catch (error) {
    if (error instanceof CleanSlateError) return null;
    throw error;
  }
}

/** Outlines what a blueprint makes, and keeps that for the databases it will be found in. */
export function outlinedBlueprint(root: string, content: Content): OutlinedCatalog {
  const { rows } = content;
  return { rows, outline: catalogOutline(root, rows, () => knownOutline(root, content)) };
}

/** The same where no database is going to be made of it. */
export function outlinedContent(root: string, content: Content): OutlinedCatalog {
  const { rows } = content;
  return { rows, outline: knownOutline(root, content) ?? outlineOf(schemaFromCatalog(rows)) };
}

/** It was proven for itself a moment or some edits ago. */
function knownOutline(root: string, { rows, statements }: Content): Outline | null {
  return provenOutline(rows) ?? keptOutline(openProofCache(root), statements);
}
