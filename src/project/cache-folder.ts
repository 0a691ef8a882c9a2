import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheFolderOf, namesIn } from "../folders.ts";

/** Keeps JSON documents, and other files, that can be made again. */
export interface CacheFolder {
  /** Null when there is none of this name, or it was cut. */
  read(name: string): unknown;
  write(name: string, document: unknown): void;
  /** Null when there is none of this name; whether it is the one that was written is for the reader to tell. */
  readBytes(name: string): Buffer | null;
  writeBytes(name: string, bytes: Buffer): void;
  /** Removes all but the newest documents whose names begin so. */
  prune(prefix: string, keep: number): void;
}

const NO_FOLDER: CacheFolder = {
  read: () => null,
  write: () => {},
  readBytes: () => null,
  writeBytes: () => {},
  prune: () => {},
};

/** Opens the cache folder of a project. It can be removed at any time; where it cannot be written it is done without. */
export function openCacheFolder(root: string): CacheFolder {
  const folder = cacheFolderOf(root);
  if (folder === null) return NO_FOLDER;
  return {
    read: (name) => readDocument(folder, name),
    write: (name, document) => renewIfPossible(join(folder, name), JSON.stringify({ name, document })),
    readBytes: (name) => readBytes(folder, name),
    writeBytes: (name, bytes) => renewIfPossible(join(folder, name), bytes),
    prune: (prefix, keep) => pruneDocuments(folder, prefix, keep),
  };
}

/** A file that took the name of another one is none. */
function readDocument(folder: string, name: string): unknown {
  try {
    const kept = JSON.parse(readFileSync(join(folder, name), "utf8")) as {
      name?: unknown;
      document?: unknown;
    };
    return kept.name === name ? kept.document : null;
  } catch {
    return null;
  }
}

function readBytes(folder: string, name: string): Buffer | null {
  try {
    return readFileSync(join(folder, name));
  } catch {
    return null;
  }
}

/** Writes a file that nobody misses for a moment: the old one goes first, because what takes a file's place is written to the disk at once. */
export function renewIfPossible(path: string, content: string | Uint8Array): void {
  removeIfPossible(path);
  placeIfPossible(path, content);
}

/** Writes a file, whole or not at all, with the folder it is in. Whether it is there now. */
export function placeIfPossible(path: string, content: string | Uint8Array): boolean {
  const part = `${path}.${Math.random().toString(36).slice(2)}`; // threads of one process write the same file too
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(part, content);
    renameSync(part, path);
    return true;
  } catch {
    removeIfPossible(part);
    return false;
  }
}

function pruneDocuments(folder: string, prefix: string, keep: number): void {
  const paths = namesIn(folder)
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(folder, name));
  if (paths.length <= keep) return;
  const age = new Map(paths.map((path) => [path, statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0]));
  const newest = paths.toSorted((a, b) => (age.get(b) ?? 0) - (age.get(a) ?? 0));
  for (const path of newest.slice(keep)) removeIfPossible(path);
}

/** Where the folder is none, or leads in a circle, there is nothing to remove either. */
export function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // it costs time only
  }
}
