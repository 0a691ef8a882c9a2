import { readdirSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { CleanSlateError } from "../errors.ts";
import type { DrizzleApi, ModelExport } from "../schema/drizzle.ts";
import { namesOfModules } from "./bundle-modules.ts";
import { bundleModels, loadEsbuild, sourceMapOf, type Bundle, type Esbuild } from "./bundle.ts";
import { drizzleManifest, loadDrizzle } from "./drizzle-core.ts";
import { evaluateBundle } from "./evaluate-bundle.ts";
import { linkModules, type Exported } from "./link-modules.ts";
import {
  entriesOf,
  importsOf,
  isAmbiguous,
  isLinkable,
  type Imports,
  type KeptGraph,
  type ModuleGraph,
} from "./module-graph.ts";
import { watchGlobals, type WatchedGlobals } from "./watched-globals.ts";

export interface LoadedModels {
  readonly drizzle: DrizzleApi;
  readonly exports: readonly ModelExport[];
  /** Relative to the project, sorted. */
  readonly files: readonly string[];
  /** Every file that was read, the imported ones too; absolute. */
  readonly inputs: readonly string[];
  /** Of the drizzle-orm they were made with; absolute. */
  readonly manifest: string;
  /** Folders in which an import of them was looked for; absolute. */
  readonly searched: readonly string[];
  /** How the modules are linked; null where they cannot be run one by one. */
  readonly graph: ModuleGraph | null;
  /** Whether the same files make the same models on every run, as far as was seen until now. */
  isReproducible(): boolean;
  /** Keeps what was compiled, once it is known that no file was saved meanwhile. */
  readonly keep: () => void;
}

const MODEL_FILE = /(?<!\.d|\.test|\.spec)\.(?:[cm]?ts|[cm]?js)$/;

/** Every model file below `folder`, sorted by path; declarations and tests are none. Throws MODELS_NOT_FOUND. */
function findModelFiles(root: string, folder: string): string[] {
  const shown = relative(root, folder) || ".";
  const hint = `put Drizzle tables into files below ${shown}/, or name their folder with --models <folder>`;
  let entries;
  try {
    entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CleanSlateError("MODELS_NOT_FOUND", `cannot read the models folder "${folder}" (${code})`, {
      cause: error,
      hint,
    });
  }
  const paths = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !relative(folder, file).split(/[\\/]/).includes("node_modules"));
  refuseLinkedFolders(root, paths);
  const files = paths.filter((file) => MODEL_FILE.test(file));
  if (files.length > 0) return files.toSorted();
  throw new CleanSlateError("MODELS_NOT_FOUND", `no model files (*.ts, *.js, *.mts, …) in "${shown}"`, {
    hint,
  });
}

/** The models in a linked folder are not read, and a rebuild would drop their tables without a word. */
function refuseLinkedFolders(root: string, paths: readonly string[]): void {
  const link = paths.find((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory());
  if (link === undefined) return;
  throw new CleanSlateError(
    "MODELS_INVALID",
    `"${relative(root, link)}" is a link to a folder, and links are not followed`,
    {
      hint: "move the link out of the models folder, and export what it holds from a model file",
    },
  );
}

/**
 * Runs every model file with the project's own drizzle-orm. `kept` is how the modules were linked when nothing has changed since but
 * the content of some. Throws MODELS_INVALID, naming the file, when one cannot be run.
 */
export async function loadModels(
  root: string,
  folder: string,
  kept: KeptGraph | null = null,
): Promise<LoadedModels> {
  const loading = { root, folder, paths: findModelFiles(root, folder), esbuild: loadEsbuild() };
  const linked = kept === null ? null : await loadLinked(loading, kept);
  return linked ?? loadBundled(loading);
}

interface Loading {
  readonly root: string;
  readonly folder: string;
  /** Of the model files; absolute. */
  readonly paths: readonly string[];
  readonly esbuild: Esbuild;
}

async function loadLinked(loading: Loading, kept: KeptGraph): Promise<LoadedModels | null> {
  const { root, folder, paths, esbuild } = loading;
  const watched = watchGlobals();
  const drizzle = () => loadDrizzle(root, esbuild);
  const linked = await linkModules({ root, folder, esbuild, kept, watched, loadDrizzle: drizzle });
  return linked && loadedModels({ root, paths, watched, imports: linked.graph.imports, ...linked });
}

async function loadBundled({ root, paths, esbuild }: Loading): Promise<LoadedModels> {
  const sources = { root, files: paths };
  const bundling = bundleModels(esbuild, sources);
  bundling.catch(() => {}); // awaited below; drizzle-orm is loaded while esbuild works
  const drizzle = loadDrizzle(root, esbuild);
  const bundle = await bundling;
  const others = namesOfOthers(esbuild, root, bundle);
  const watched = watchGlobals();
  const readMap = () => sourceMapOf(esbuild, sources);
  const namespaces = evaluateBundle({ root, bundle, drizzle, watched, readMap });
  const exported = paths.map((_, index) => Object.entries(namespaces[`f${index}`] ?? {}));
  const imports = importsOf(bundle);
  const entries = entriesOf(bundle);
  const names = await others;
  const own = entries.map(
    (path, index) => [path, (exported[index] ?? []).map(([name]) => name).toSorted()] as const,
  );
  const linked = names && { entries, imports, names: Object.fromEntries([...names, ...own]) };
  const graph = linked && !isAmbiguous(root, linked) ? linked : null;
  return loadedModels({ root, paths, exported, drizzle, watched, imports, graph, keep: () => {} });
}

type Names = readonly (readonly [path: string, names: readonly string[]])[];

/** What the modules besides the model files export; null where that is not to be known. */
async function namesOfOthers(esbuild: Esbuild, root: string, bundle: Bundle): Promise<Names | null> {
  if (!isLinkable(bundle)) return null;
  const entries = new Set(entriesOf(bundle));
  const paths = Object.keys(importsOf(bundle)).filter((path) => !entries.has(path));
  if (paths.length === 0) return [];
  const found = await namesOfModules(esbuild, { root, graph: null, paths }).catch(() => []);
  const names = paths.flatMap((path, index) => {
    const own = found[index];
    return own ? [[path, own] as const] : [];
  });
  return names.length === paths.length ? names : null;
}

interface Ran extends Pick<LoadedModels, "drizzle" | "graph" | "keep"> {
  readonly root: string;
  /** Of the model files; absolute. */
  readonly paths: readonly string[];
  /** By model file. */
  readonly exported: Exported;
  readonly imports: Imports;
  readonly watched: WatchedGlobals;
}

function loadedModels({ root, paths, exported, imports, watched, ...ran }: Ran): LoadedModels {
  const files = paths.map((path) => relative(root, path));
  return {
    ...ran,
    exports: files.flatMap((file, index) =>
      (exported[index] ?? []).map(([name, value]) => ({ file, name, value })),
    ),
    files,
    inputs: Object.keys(imports).map((input) => join(root, input)),
    manifest: drizzleManifest(root),
    searched: searchedFolders(root, imports),
    isReproducible: () => !watched.wasTouched(),
  };
}

/** As the imports name them: `../shared/x` looks into `../shared`, also where that is a link or `x` a folder. */
function searchedFolders(root: string, imports: Imports): string[] {
  return Object.entries(imports).flatMap(([file, targets]) =>
    Object.entries(targets)
      .filter(([specifier, target]) => target !== null && specifier.startsWith("."))
      .map(([specifier]) => dirname(resolve(root, dirname(file), specifier))),
  );
}
