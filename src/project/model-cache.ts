import { hash } from "node:crypto";
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { openCacheFolder } from "./cache-folder.ts";
import { importConfiguration, leavesAChoice } from "./import-configuration.ts";

/** The state of everything that what was made of the models depends on. */
interface State {
  /** Folders whose file names count, with the hash of those names. */
  readonly folders: Readonly<Record<string, string>>;
  /** Files whose content counts, with its hash; null for one that was not there. */
  readonly files: Readonly<Record<string, string | null>>;
}

/** Kept in a file of its own, which need not be read where the state has changed. */
interface Made<T> {
  /** Hash of the state it was made in. */
  readonly state: string;
  readonly value: T;
}

export interface ModelCache<T> {
  /** What was kept, when nothing it depends on has changed since; else null. */
  read(): T | null;
  /** Keeps what was made. */
  write(origin: Origin, value: T): void;
}

/** What a value was made of; absolute paths. */
export interface Origin {
  /** The model files and everything they import. */
  readonly modules: readonly string[];
  /** Folders in which an import was looked for. */
  readonly folders: readonly string[];
  /** Files besides, whose content counts and whose folder does not. */
  readonly files: readonly string[];
}

export interface CacheOptions {
  readonly root: string;
  readonly models: string;
  /** Whatever else decides over the value: options, versions. */
  readonly salt: string;
}

/** Keeps one value per project and models folder, under the content of every file it was made from. */
export function openModelCache<T>({ root, models, salt }: CacheOptions): ModelCache<T> {
  const key = digest(JSON.stringify([root, models, salt])).slice(0, 16);
  const names = { state: `models-${key}.json`, made: `blueprint-${key}.json` };
  const cache = openCacheFolder(root);
  const opened = Date.now();
  return {
    read: () => {
      const state = cache.read(names.state) as Partial<State> | null;
      if (!state?.folders || !state.files || !isUnchanged(state as State, models)) return null;
      const made = cache.read(names.made) as Partial<Made<T>> | null;
      return made?.state === digest(JSON.stringify(state)) ? (made.value ?? null) : null;
    },
    write: ({ modules, folders: searched, files }, value) => {
      if ([...modules, ...files].some((file) => changedAt(file) > opened)) return;
      const folders = new Set([models, ...searched, ...modules.flatMap(foldersOf)]);
      const configuration = importConfiguration(folders);
      if (configuration.some(leavesAChoice)) return;
      const all = [...modules, ...files, ...configuration];
      const state: State = {
        folders: Object.fromEntries(
          [...folders].map((folder) => [folder, namesHash(folder, folder === models)]),
        ),
        files: Object.fromEntries(all.map((file) => [file, contentHash(file)])),
      };
      cache.write(names.state, state);
      cache.write(names.made, { state: digest(JSON.stringify(state)), value } satisfies Made<T>);
    },
  };
}

/** An import that means `x/index.ts` would mean `x.ts` as soon as that is there. */
function foldersOf(file: string): string[] {
  const folder = dirname(file);
  return basename(file).startsWith("index.") ? [folder, dirname(folder)] : [folder];
}

function isUnchanged({ folders, files }: State, models: string): boolean {
  return (
    Object.entries(folders).every(([folder, names]) => namesHash(folder, folder === models) === names) &&
    Object.entries(files).every(([file, content]) => contentHash(file) === content)
  );
}

/** A new file beside an imported one can be what an import means from now on, and a link can lead elsewhere. */
function namesHash(folder: string, isDeep: boolean): string {
  try {
    const entries = readdirSync(folder, { recursive: isDeep, withFileTypes: true }).map((entry) => {
      const path = `${entry.parentPath}/${entry.name}`;
      return entry.isSymbolicLink() ? `${path} -> ${realPath(path)}` : path;
    });
    return digest(JSON.stringify([realPath(folder), ...entries.toSorted()]));
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
    return digest(readFileSync(file));
  } catch {
    return null;
  }
}

function digest(content: string | Buffer): string {
  return hash("sha256", content, "base64url");
}
