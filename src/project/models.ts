import { readdirSync, statSync, type Dirent } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { CleanSlateError } from "../errors.ts";
import type { DrizzleApi, ModelExport } from "../schema/drizzle.ts";
import { drizzleManifest } from "./drizzle-core.ts";
import type { ModuleGraph } from "./module-graph.ts";
import { runModels } from "./run-models.ts";

export interface LoadedModels {
  readonly drizzle: DrizzleApi;
  readonly exports: readonly ModelExport[];
  /** Relative to the project, sorted. */
  readonly files: readonly string[];
  /** Every file that was read, the imported ones too; absolute. */
  readonly inputs: readonly string[];
  /** Of the drizzle-orm they were made with; absolute. */
  readonly manifest: string;
  /** What imports of them name by a path; absolute. */
  readonly places: readonly string[];
  /** Imports of them that are neither a path nor of a package. */
  readonly aliases: readonly string[];
  /** Whether the same files make the same models on every run, as far as was seen until now. */
  isReproducible(): boolean;
  /** Keeps what was compiled until then for the next run. Returns how the modules are linked; null where that does not matter. */
  keep(): string | null;
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
  const own = entries.filter(
    ({ parentPath, name }) =>
      !relative(folder, join(parentPath, name)).split(/[\\/]/).includes("node_modules"),
  );
  const pathOf = ({ parentPath, name }: Dirent): string => join(parentPath, name);
  refuseLinkedFolders(root, own.filter((entry) => entry.isSymbolicLink()).map(pathOf));
  const files = own.filter((entry) => !entry.isDirectory() && MODEL_FILE.test(entry.name)).map(pathOf);
  if (files.length > 0) return files.toSorted();
  throw new CleanSlateError("MODELS_NOT_FOUND", `no model files (*.ts, *.js, *.mts, …) in "${shown}"`, {
    hint,
  });
}

/** The models in a linked folder are not read, and a rebuild would drop their tables without a word. */
function refuseLinkedFolders(root: string, links: readonly string[]): void {
  const link = links.find((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory());
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
 * Runs every model file with the project's own drizzle-orm. `linkage` is how they were linked when nothing has changed since but their
 * content. Throws MODELS_INVALID, naming the file, when one cannot be run.
 */
export async function loadModels(
  root: string,
  folder: string,
  linkage: string | null = null,
): Promise<LoadedModels> {
  const paths = findModelFiles(root, folder);
  const { drizzle, graph, exported, scope, keep } = await runModels({ root, folder, files: paths, linkage });
  const files = paths.map((path) => relative(root, path));
  const exports = files.flatMap((file, index) =>
    (exported[index] ?? []).map(([name, value]) => ({ file, name, value })),
  );
  return {
    drizzle,
    exports,
    files,
    inputs: Object.keys(graph.imports).map((path) => join(root, path)),
    manifest: drizzleManifest(root),
    places: placesIn(root, graph),
    aliases: aliasesIn(graph),
    isReproducible: () => !scope.wasTouched(),
    keep,
  };
}

function placesIn(root: string, { imports }: ModuleGraph): string[] {
  const named = Object.entries(imports).flatMap(([path, targets]) =>
    Object.keys(targets)
      .filter(isPath)
      .map((specifier) => (isAbsolute(specifier) ? specifier : `${dirname(path)}/${specifier}`)),
  );
  return [...new Set(named)].map((path) => resolve(root, path));
}

function aliasesIn({ imports }: ModuleGraph): string[] {
  const specifiers = Object.values(imports).flatMap((targets) => Object.keys(targets));
  return [...new Set(specifiers)].filter((specifier) => !isPath(specifier));
}

function isPath(specifier: string): boolean {
  return specifier.startsWith(".") || isAbsolute(specifier);
}
