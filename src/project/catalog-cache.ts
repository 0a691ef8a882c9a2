import { hash } from "node:crypto";
import type { CatalogHead } from "../schema/catalog-head.ts";
import type { Outline } from "../schema/outline.ts";
import { catalogKey } from "../schema/same-catalog.ts";
import type { CatalogRow } from "../schema/types.ts";
import { VERSION } from "../version.ts";
import { openCacheFolder } from "./cache-folder.ts";

/** Something that was read out of a catalog. */
export interface Kept<T> {
  read(): T | null;
  write(document: T): void;
}

/** A project goes back and forth between some schemas, and its databases may have different ones. */
const KEPT_CATALOGS = 10;

/** Opens what a project keeps of a catalog under what it says: most commands find a database as the last one left it. */
export function openKeptCatalog(root: string, rows: readonly CatalogRow[]): Kept<Outline> {
  return openKept(root, "catalog", {
    key: catalogKey(rows, VERSION),
    parts: ["tables", "programs", "digests"],
  });
}

/** Opens what a project keeps of a catalog under its very text, so that nobody has to make rows of it. */
export function openKeptHead(root: string, text: string): Kept<CatalogHead> {
  const key = hash("sha256", VERSION + hash("sha256", text), "base64url").slice(0, 24);
  return openKept(root, "head", { key, parts: ["tables", "programs", "fingerprint", "owners"] });
}

interface Place<T> {
  readonly key: string;
  /** What a whole document has. */
  readonly parts: readonly (keyof T)[];
}

function openKept<T extends object>(root: string, kind: string, { key, parts }: Place<T>): Kept<T> {
  const folder = openCacheFolder(root);
  const name = `${kind}-${key}.json`;
  return {
    read: () => {
      const kept = folder.read(name) as Partial<T> | null;
      return kept && parts.every((part) => kept[part] !== undefined) ? (kept as T) : null;
    },
    write: (document) => {
      folder.write(name, document);
      folder.prune(`${kind}-`, KEPT_CATALOGS);
    },
  };
}
