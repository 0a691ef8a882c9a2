import { createHash } from "node:crypto";
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { openCacheFolder } from "./cache-folder.ts";
import { importConfiguration, leavesAChoice } from "./import-configuration.ts";

/** What was made of the models at their last reading, and everything it depends on. */
interface Entry<T> {
  /** Folders whose file names count, with the hash of those names. */
  readonly folders: Readonly<Record<string, string>>;
  /** Files whose content counts, with its hash; null for one that was not there. */
  readonly files: Readonly<Record<string, string | null>>;
  readonly value: T;
}

export interface ModelCache<T> {
  /** What was kept, when nothing it depends on has changed since; else null. */
  read(): T | null;
  /** Keeps what was made of `files` (absolute paths), the model files and everything they import, found by looking into `folders`. */
  write(made: Sources, value: T): void;
}

interface Sources {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

export interface CacheOptions {
  readonly root: string;
  readonly models: string;
  /** Whatever else decides over the value: options, versions. */
  readonly salt: string;
}

/** Keeps one value per project and models folder, under the content of every file it was made from. */
export function openModelCache<T>({ root, models, salt }: CacheOptions): ModelCache<T> {
  const name = `models-${hash(JSON.stringify([root, models, salt])).slice(0, 16)}.json`;
  const cache = openCacheFolder(root);
  const opened = Date.now();
  return {
    read: () => {
      const entry = entryFrom<T>(cache.read(name));
      const isSame =
        entry !== null &&
        Object.entries(entry.folders).every(
          ([folder, names]) => namesHash(folder, folder === models) === names,
        ) &&
        Object.entries(entry.files).every(([file, content]) => contentHash(file) === content);
      return isSame ? entry.value : null;
    },
    write: ({ files, folders: searched }, value) => {
      if (files.some((file) => changedAt(file) > opened)) return;
      const folders = new Set([models, ...searched, ...files.flatMap(foldersOf)]);
      const configuration = importConfiguration(folders);
      if (configuration.some(leavesAChoice)) return;
      const all = [...files, ...configuration];
      cache.write(name, {
        folders: Object.fromEntries(
          [...folders].map((folder) => [folder, namesHash(folder, folder === models)]),
        ),
        files: Object.fromEntries(all.map((file) => [file, contentHash(file)])),
        value,
      });
    },
  };
}

/** An import that means `x/index.ts` would mean `x.ts` as soon as that is there. */
function foldersOf(file: string): string[] {
  const folder = dirname(file);
  return basename(file).startsWith("index.") ? [folder, dirname(folder)] : [folder];
}

function entryFrom<T>(document: unknown): Entry<T> | null {
  const found = document as Partial<Entry<T>> | null;
  return found?.folders && found.files && found.value ? (found as Entry<T>) : null;
}

/** A new file beside an imported one can be what an import means from now on, and a link can lead elsewhere. */
function namesHash(folder: string, isDeep: boolean): string {
  try {
    const entries = readdirSync(folder, { recursive: isDeep, withFileTypes: true }).map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return entry.isSymbolicLink() ? `${path} -> ${realPath(path)}` : path;
    });
    return hash(JSON.stringify([realPath(folder), ...entries.toSorted()]));
  } catch {
    return "";
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return "";
  }
}

/** In whole milliseconds: a file saved while the models were being read may not be what they were made of. */
function changedAt(file: string): number {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat ? Math.floor(Math.max(stat.mtimeMs, stat.ctimeMs)) : Infinity;
}

function contentHash(file: string): string | null {
  try {
    return hash(readFileSync(file));
  } catch {
    return null;
  }
}

function hash(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("base64url");
}
