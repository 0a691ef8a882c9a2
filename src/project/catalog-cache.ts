import type { Outline } from "../schema/outline.ts";
import { catalogKey } from "../schema/same-catalog.ts";
import type { CatalogRow } from "../schema/types.ts";
import { VERSION } from "../version.ts";
import { openCacheFolder } from "./cache-folder.ts";

/** What was read out of catalogs, kept under what they say: most commands find a database as the last one left it. */
export interface CatalogCache {
  read(rows: readonly CatalogRow[]): Outline | null;
  write(rows: readonly CatalogRow[], outline: Outline): void;
}

/** A project goes back and forth between some schemas, and its databases may have different ones. */
const KEPT_CATALOGS = 10;

export function openCatalogCache(root: string): CatalogCache {
  const folder = openCacheFolder(root);
  const nameOf = (rows: readonly CatalogRow[]): string => `catalog-${catalogKey(rows, VERSION)}.json`;
  return {
    read: (rows) => {
      const kept = folder.read(nameOf(rows)) as Partial<Outline> | null;
      return kept?.tables && kept.programs && kept.digests ? (kept as Outline) : null;
    },
    write: (rows, outline) => {
      folder.write(nameOf(rows), outline);
      folder.prune("catalog-", KEPT_CATALOGS);
    },
  };
}
