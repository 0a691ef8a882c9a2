import { Console } from "node:console";
import { readdirSync, statSync } from "node:fs";
import { createRequire, SourceMap, type SourceMapPayload } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { compileFunction } from "node:vm";
import { CleanSlateError } from "../errors.ts";
import type { DrizzleApi, ModelExport } from "../schema/drizzle.ts";
import { bundleModels, loadEsbuild, sourceMapOf, type Bundle } from "./bundle.ts";
import { drizzleManifest, loadDrizzle } from "./drizzle-core.ts";
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
  /** Whether the same files make the same models on every run, as far as was seen until now. */
  isReproducible(): boolean;
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

/** Imports every model file with the project's own drizzle-orm. Throws MODELS_INVALID, naming the file, when one cannot be run. */
export async function loadModels(root: string, folder: string): Promise<LoadedModels> {
  const paths = findModelFiles(root, folder);
  const esbuild = loadEsbuild();
  const sources = { root, files: paths };
  const bundling = bundleModels(esbuild, sources);
  bundling.catch(() => {}); // awaited below; drizzle-orm is loaded while esbuild works
  const drizzle = loadDrizzle(root, esbuild);
  const bundle = await bundling;
  const watched = watchGlobals();
  const namespaces = evaluate({
    root,
    bundle,
    drizzle,
    watched,
    readMap: () => sourceMapOf(esbuild, sources),
  });
  const files = paths.map((path) => relative(root, path));
  const exports = files.flatMap((file, index) =>
    Object.entries(namespaces[`f${index}`] ?? {}).map(([name, value]) => ({ file, name, value })),
  );
  const inputs = Object.keys(bundle.inputs).filter((input) => input !== "<stdin>");
  return {
    drizzle,
    exports,
    files,
    inputs: inputs.map((input) => join(root, input)),
    manifest: drizzleManifest(root),
    searched: searchedFolders(root, bundle),
    isReproducible: () => !watched.wasTouched(),
  };
}

/** As the imports name them: `../shared/x` looks into `../shared`, also where that is a link or `x` a folder. */
function searchedFolders(root: string, { inputs }: Bundle): string[] {
  return Object.entries(inputs).flatMap(([file, { imports }]) =>
    imports
      .filter(({ original }) => original?.startsWith("."))
      .map(({ original = "" }) => dirname(resolve(root, dirname(file), original))),
  );
}

/** What the bundle is called in a stack. */
const BUNDLE_NAME = "clean-slate-models.cjs";

type Namespaces = Record<string, Record<string, unknown>>;

interface Evaluation {
  readonly root: string;
  readonly bundle: Bundle;
  readonly drizzle: DrizzleApi;
  readonly watched: WatchedGlobals;
  /** Makes the source map of the bundle. */
  readonly readMap: () => string;
}

function evaluate({ root, bundle, drizzle, watched, readMap }: Evaluation): Namespaces {
  const filename = join(root, BUNDLE_NAME);
  const require = (id: string): unknown => {
    if (id === "drizzle-orm") return drizzle.orm;
    if (id === "drizzle-orm/sqlite-core") return drizzle.core;
    watched.touch(); // what another package makes may depend on anything
    return createRequire(join(root, importerOf(bundle, id) ?? BUNDLE_NAME))(id);
  };
  const module = { exports: {} as Namespaces };
  try {
    const scope = {
      ...watched.globals,
      console: new Console(process.stderr), // stdout is for the result
      exports: module.exports,
      require,
      module,
      __filename: filename,
      __dirname: root,
    };
    const run = compileFunction(bundle.code, Object.keys(scope), { filename }) as (
      ...values: unknown[]
    ) => void;
    run(...Object.values(scope));
    return module.exports;
  } catch (error) {
    const missing = missingModule(error);
    const importer = missing === null ? null : importerOf(bundle, missing);
    const frame = locate(root, error, readMap);
    const where = importer === null || frame.startsWith(`${importer}:`) ? frame : importer;
    const reason = error instanceof Error ? `${error.name}: ${error.message.split("\n")[0]}` : String(error);
    throw new CleanSlateError("MODELS_INVALID", `${where}: ${reason}`, {
      cause: error,
      hint: hintFor(error),
    });
  }
}

/** The name of a package that is not installed, when that is what went wrong. */
function missingModule(error: unknown): string | null {
  const message = error instanceof Error ? error.message : "";
  return /^Cannot find (?:module|package) '([^']+)'/.exec(message)?.[1] ?? null;
}

/** The file that imports a package: esbuild gathers such imports at places that no source map names. */
function importerOf({ inputs }: Bundle, name: string): string | null {
  return Object.keys(inputs).find((file) => inputs[file]?.imports.some(({ path }) => path === name)) ?? null;
}

/** The first model line on the stack of what a model threw. */
function locate(root: string, error: unknown, readMap: () => string): string {
  const map = new SourceMap(JSON.parse(readMap()) as SourceMapPayload);
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  for (const frame of stack.split("\n").filter((line) => line.includes(BUNDLE_NAME))) {
    const [, line, column] = /:(\d+):(\d+)\)?$/.exec(frame) ?? [];
    const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
    if ("originalSource" in entry && entry.originalSource !== "<stdin>") {
      return `${relative(root, join(root, entry.originalSource))}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
    }
  }
  return "a model file";
}

function hintFor(error: unknown): string {
  const message = error instanceof Error ? error.message : "";
  const missing = missingModule(error);
  if (missing !== null) return `npm install ${missing}`;
  if (/before initialization|of undefined/.test(message)) {
    return "two model files import each other: write references as a function, () => table.column";
  }
  return "mend the file, then run the command again";
}
