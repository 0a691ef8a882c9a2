import { hash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { realPath } from "../folders.ts";
import { openCacheFolder } from "./cache-folder.ts";
import { importConfiguration, leavesAChoice, leavesModulesOut } from "./import-configuration.ts";
import type { KeptGraph, ModuleGraph } from "./module-graph.ts";

/** The state of everything that what was made of the models depends on. */
interface State {
  /** Folders whose file names count, with the hash of those names. */
  readonly folders: Readonly<Record<string, string>>;
  /** Files whose content counts, with its hash; null for one that was not there. */
  readonly files: Readonly<Record<string, string | null>>;
}

interface Made<Head> extends State {
  readonly head: Head;
  /** Hash of the body, which is a file of its own. */
  readonly body: string;
  /** Hash of the graph, which is one too. */
  readonly graph: string | null;
}

/** What was made of the models, in two parts. */
export interface KeptModels<Head, Body> {
  /** What most questions are answered by. */
  readonly head: Head;
  /** Parsed when it is asked for. */
  readonly body: () => Body;
}

export interface ModelCache<Head, Body> {
  /** What was kept, when nothing it depends on has changed since; else null. */
  read(): KeptModels<Head, Body> | null;
  /** How the modules were linked, when nothing it depends on has changed since; else null. */
  readGraph(): KeptGraph | null;
  /** Keeps what was made. Whether it could be told of what. */
  write(origin: Origin, head: Head, body: Body): boolean;
}

/** What a value was made of; absolute paths. */
export interface Origin {
  /** The model files and everything they import. */
  readonly modules: readonly string[];
  /** Folders in which an import was looked for. */
  readonly folders: readonly string[];
  /** Files besides, whose content counts and whose folder does not. */
  readonly files: readonly string[];
  /** How the modules are linked; null where they cannot be run one by one. */
  readonly graph: ModuleGraph | null;
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
  const names = { made: `models-${key}.json`, body: `blueprint-${key}.json`, graph: `graph-${key}.json` };
  const cache = openCacheFolder(root);
  const opened: Opened = { at: Date.now(), models, names: namesHash(models, true) };
  const readMade = (): Made<Head> | null => {
    const made = cache.read(names.made) as Partial<Made<Head>> | null;
    return made?.folders && made.files && made.head ? (made as Made<Head>) : null;
  };
  const readHashed = (name: string, hashed: string | null): Buffer | null => {
    const bytes = hashed === null ? null : cache.readBytes(name);
    return bytes !== null && digest(bytes) === hashed ? bytes : null;
  };
  const writeHashed = (name: string, document: unknown): string => {
    const bytes = Buffer.from(JSON.stringify(document));
    cache.writeBytes(name, bytes);
    return digest(bytes);
  };
  return {
    read: () => {
      const made = readMade();
      if (made === null || !isUnchanged(made, opened)) return null;
      const bytes = readHashed(names.body, made.body);
      return bytes && { head: made.head, body: () => JSON.parse(bytes.toString()) as Body };
    },
    readGraph: () => {
      const made = readMade();
      const bytes = made && readHashed(names.graph, made.graph);
      const graph = bytes && (JSON.parse(bytes.toString()) as ModuleGraph);
      return made && graph && keptGraph({ root, state: made, opened, graph });
    },
    write: (origin, head, body) => {
      const state = stateOf(origin, opened);
      if (state === null) return false;
      const own = Object.keys(state.files).filter((file) => !origin.files.includes(file));
      const graph = own.some(leavesModulesOut) ? null : origin.graph;
      const hashes = {
        body: writeHashed(names.body, body),
        graph: graph && writeHashed(names.graph, graph),
      };
      cache.write(names.made, { ...state, head, ...hashes } satisfies Made<Head>);
      return true;
    },
  };
}

/** When the cache was opened, before the models were loaded, and what lay in their folder. */
interface Opened {
  readonly at: number;
  readonly models: string;
  /** Hash of the names. */
  readonly names: string;
}

/** Null where it cannot be told: something was saved or made while it was being read, or a configuration leaves a choice. */
function stateOf({ modules, folders: searched, files }: Origin, { at, models, names }: Opened): State | null {
  const folders = new Set([models, ...searched, ...modules.flatMap(foldersOf)]);
  const configuration = importConfiguration(folders);
  if (configuration.some(leavesAChoice)) return null;
  const read = [...modules, ...files];
  const state: State = {
    folders: Object.fromEntries([...folders].map((folder) => [folder, namesHash(folder, folder === models)])),
    files: Object.fromEntries([...read, ...configuration].map((file) => [file, contentHash(file)])),
  };
  // Looked at after their content: what is saved from now on has another one.
  const isSettled =
    read.every((file) => (changedAt(file) ?? Infinity) <= at) &&
    configuration.every((file) => (changedAt(file) ?? 0) <= at);
  return isSettled && state.folders[models] === names ? state : null;
}

/** An import that means `x/index.ts` would mean `x.ts` as soon as that is there. */
function foldersOf(file: string): string[] {
  const folder = dirname(file);
  return basename(file).startsWith("index.") ? [folder, dirname(folder)] : [folder];
}

function isUnchanged({ folders, files }: State, { models, names: found }: Opened): boolean {
  return (
    Object.entries(folders).every(
      ([folder, names]) => (folder === models ? found : namesHash(folder, false)) === names,
    ) && Object.entries(files).every(([file, content]) => contentHash(file) === content)
  );
}

interface Linked {
  readonly root: string;
  readonly state: State;
  readonly opened: Opened;
  readonly graph: ModuleGraph;
}

/** Null when something besides the content of modules has changed. */
function keptGraph({ root, state, opened, graph }: Linked): KeptGraph | null {
  const modules = new Map(Object.keys(graph.imports).map((path) => [join(root, path), path]));
  const besides = Object.entries(state.files).filter(([file]) => !modules.has(file));
  if (!isUnchanged({ folders: state.folders, files: Object.fromEntries(besides) }, opened)) return null;
  const found = [...modules].map(([file, path]) => ({ file, path, content: contentHash(file) }));
  return {
    graph,
    contents: Object.fromEntries(found.map(({ path, content }) => [path, content])),
    edited: found.filter(({ file, content }) => state.files[file] !== content).map(({ path }) => path),
    conditions: digest(JSON.stringify(besides)),
  };
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

/** In whole milliseconds; null for a file that is not there. What is saved while it is read may not be what the models were made of. */
function changedAt(file: string): number | null {
  try {
    const { mtimeMs, ctimeMs } = statSync(file);
    return Math.floor(Math.max(mtimeMs, ctimeMs));
  } catch {
    return null;
  }
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
