import type { Outline } from "../schema/outline.ts";
import { catalogKey } from "../schema/same-catalog.ts";
import type { CatalogRow } from "../schema/types.ts";
import { VERSION } from "../version.ts";
import { openCacheFolder } from "./cache-folder.ts";

/** What was read out of a catalog, kept under what it says. */
export interface KeptCatalog {
  read(): Outline | null;
  write(outline: Outline): void;
}

/** A project goes back and forth between some schemas, and its databases may have different ones. */
const KEPT_CATALOGS = 10;

/** Opens what a project keeps of a catalog: most commands find a database as the last one left it. */
export function openKeptCatalog(root: string, rows: readonly CatalogRow[]): KeptCatalog {
  const folder = openCacheFolder(root);
  const name = `catalog-${catalogKey(rows, VERSION)}.json`;
  return {
    read: () => {
      const kept = folder.read(name) as Partial<Outline> | null;
      return kept?.tables && kept.programs && kept.digests ? (kept as Outline) : null;
    },
    write: (outline) => {
      folder.write(name, outline);
      folder.prune("catalog-", KEPT_CATALOGS);
    },
  };
}
