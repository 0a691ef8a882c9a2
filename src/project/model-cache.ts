import { hash } from "node:crypto";
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { realPath } from "../folders.ts";
import { openCacheFolder } from "./cache-folder.ts";
import { areLinksOlderThan, isFolder, isOlderThan } from "./file-times.ts";
import { aliasPlaces, drizzleShadows, importConfiguration, leavesAChoice } from "./import-configuration.ts";

/** The state of everything that what was made of the models depends on. */
interface State {
  /** Folders whose file names count, with the hash of those names. */
  readonly folders: Readonly<Record<string, string>>;
  /** The model files and everything they import, with the hash of the content. */
  readonly modules: Hashes;
  /** Files whose content counts besides. */
  readonly files: Hashes;
}

/** By file; null for one that was not there. */
type Hashes = Readonly<Record<string, string | null>>;

interface Made<Head> extends State {
  readonly head: Head;
  readonly linkage: string | null;
  /** Hash of the body, which is a file of its own. */
  readonly body: string;
}

/** What was made of the models, in two parts. */
export interface KeptModels<Head, Body> {
  /** What most questions are answered by. */
  readonly head: Head;
  /** Parsed when it is asked for. */
  readonly body: () => Body;
}

export interface ModelCache<Head, Body> {
  /** What was kept, when nothing it depended on had changed; else null. */
  readonly head: Head | null;
  /** The same with its body, when that is the one that was kept; else null. */
  read(): KeptModels<Head, Body> | null;
  /** How the modules were linked, when nothing has changed since but their content; else null. */
  readLinkage(): string | null;
  /** Keeps what was made. */
  write(origin: Origin, head: Head, body: Body): void;
}

/** What a value was made of; absolute paths. */
export interface Origin {
  /** The model files and everything they import. */
  readonly modules: readonly string[];
  /** What imports name by a path: files, most often without their ending, or folders. */
  readonly places: readonly string[];
  /** Imports that are neither a path nor of a package. */
  readonly aliases: readonly string[];
  /** Files besides, whose content counts and whose folder does not. */
  readonly files: readonly string[];
  /** How the modules are linked; null where that does not matter. */
  readonly linkage: string | null;
}

export interface CacheOptions {
  readonly root: string;
  readonly models: string;
  /** Whatever else decides over the value: options, versions. */
  readonly salt: string;
}

/** Keeps one head and body per project and models folder, under the content of every file they were made from. */
export function openModelCache<Head extends object, Body>({
  root,
  models,
  salt,
}: CacheOptions): ModelCache<Head, Body> {
  const key = digest(JSON.stringify([root, models, salt])).slice(0, 16);
  const names = { made: `models-${key}.json`, body: `blueprint-${key}.json` };
  const cache = openCacheFolder(root);
  const opened: Opened = { at: Date.now(), models, names: namesHash(models, true) };
  const made = madeOf<Head>(cache.read(names.made));
  const unchanged = made !== null && isUnchanged(made, opened) ? made : null;
  return {
    head: unchanged?.head ?? null,
    read: () => {
      if (unchanged === null) return null;
      const bytes = cache.readBytes(names.body);
      if (bytes === null || digest(bytes) !== unchanged.body) return null;
      return { head: unchanged.head, body: () => JSON.parse(bytes.toString()) as Body };
    },
    readLinkage: () => (made?.linkage && isUnchanged({ ...made, modules: {} }, opened) ? made.linkage : null),
    write: (origin, head, body) => {
      const state = stateOf(origin, opened);
      if (state === null) return;
      const bytes = Buffer.from(JSON.stringify(body));
      cache.writeBytes(names.body, bytes);
      const { linkage } = origin;
      cache.write(names.made, { ...state, head, linkage, body: digest(bytes) } satisfies Made<Head>);
    },
  };
}

function madeOf<Head>(document: unknown): Made<Head> | null {
  const made = document as Partial<Made<Head>> | null;
  return made?.folders && made.modules && made.files && made.head ? (made as Made<Head>) : null;
}

/** When the cache was opened, before the models were loaded, and what lay in their folder. */
interface Opened {
  readonly at: number;
  readonly models: string;
  /** Hash of the names. */
  readonly names: string;
}

/** Null where it cannot be told: something was saved or made while it was being read, or a configuration or a package leaves a choice. */
function stateOf(origin: Origin, { at, models, names }: Opened): State | null {
  const { modules, files } = origin;
  const nearby = new Set([
    models,
    ...modules.flatMap(foldersOf),
    ...origin.places.map((place) => dirname(place)),
  ]);
  const configuration = importConfiguration(nearby);
  const places = [...origin.places, ...aliasPlaces(configuration, origin.aliases)];
  if (configuration.some(leavesAChoice) || places.some(isPackage)) return null;
  const shadows = drizzleShadows(configuration);
  const folders = [...new Set([...nearby, ...places.flatMap(foldersAt), ...shadows.folders])];
  const state: State = {
    folders: Object.fromEntries(folders.map((folder) => [folder, namesHash(folder, folder === models)])),
    modules: hashesOf(modules),
    files: hashesOf([...files, ...configuration, ...shadows.files]),
  };
  // Looked at after their content: what is saved from now on has another one.
  const isSettled =
    [...modules, ...files].every((file) => isOlderThan(file, at) ?? false) &&
    [...configuration, ...folders].every((path) => isOlderThan(path, at) ?? true) &&
    folders.every((folder) => areLinksOlderThan(folder, at));
  return isSettled && state.folders[models] === names ? state : null;
}

/** What a package is decided by is its own affair. */
function isPackage(place: string): boolean {
  return existsSync(join(place, "package.json"));
}

/** The folder in which the place an import names is looked for, and the place itself where that is a folder. */
function foldersAt(place: string): string[] {
  return isFolder(place) ? [dirname(place), place] : [dirname(place)];
}

/** An import that means `x/index.ts` would mean `x.ts` as soon as that is there. */
function foldersOf(file: string): string[] {
  const folder = dirname(file);
  return basename(file).startsWith("index.") ? [folder, dirname(folder)] : [folder];
}

function hashesOf(files: readonly string[]): Hashes {
  return Object.fromEntries(files.map((file) => [file, contentHash(file)]));
}

function isUnchanged({ folders, modules, files }: State, { models, names: found }: Opened): boolean {
  return (
    Object.entries(folders).every(
      ([folder, names]) => (folder === models ? found : namesHash(folder, false)) === names,
    ) &&
    [modules, files].every((hashes) =>
      Object.entries(hashes).every(([file, content]) => contentHash(file) === content),
    )
  );
}

/** A new file beside an imported one can be what an import means from now on, and a link can lead elsewhere. */
function namesHash(folder: string, isDeep: boolean): string {
  try {
    return digest(JSON.stringify([realPath(folder), ...namesIn(folder, isDeep).toSorted()]));
  } catch {
    return "";
  }
}

/** Its own way down: the one of Node 22 and newer normalizes each path. */
function namesIn(folder: string, isDeep: boolean): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isSymbolicLink()) return [`${path} -> ${realPath(path)}`];
    return isDeep && entry.isDirectory() ? [path, ...namesIn(path, isDeep)] : [path];
  });
}

function contentHash(file: string): string | null {
  try {
    return digest(readWhole(file));
  } catch {
    return null;
  }
}

/** One for all the files: most of them fit. */
const room = Buffer.allocUnsafeSlow(256 * 1024);

/** Good until the next file is read: with a buffer for each it takes half as long again. */
function readWhole(file: string): Buffer {
  const descriptor = openSync(file, "r");
  try {
    for (let filled = 0; filled < room.length;) {
      const bytes = readSync(descriptor, room, filled, room.length - filled, null);
      if (bytes === 0) return room.subarray(0, filled);
      filled += bytes;
    }
  } finally {
    closeSync(descriptor);
  }
  return readFileSync(file);
}

function digest(content: string | Buffer): string {
  return hash("sha256", content, "base64url");
}
