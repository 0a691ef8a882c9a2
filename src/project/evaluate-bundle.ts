import { Console } from "node:console";
import { createRequire, SourceMap, type SourceMapPayload } from "node:module";
import { join, relative } from "node:path";
import { compileFunction } from "node:vm";
import { CleanSlateError } from "../errors.ts";
import type { DrizzleApi } from "../schema/drizzle.ts";
import type { Bundle } from "./bundle.ts";
import { drizzleModule } from "./drizzle-core.ts";
import type { WatchedGlobals } from "./watched-globals.ts";

/** What a module exports, by name. */
export type Namespace = Readonly<Record<string, unknown>>;

interface Evaluation {
  readonly root: string;
  readonly bundle: Bundle;
  readonly drizzle: DrizzleApi;
  readonly watched: WatchedGlobals;
  /** Makes the source map of the bundle. */
  readonly readMap: () => string;
}

/** What the bundle is called in a stack. */
const BUNDLE_NAME = "clean-slate-models.cjs";

/** Runs a bundle. Throws MODELS_INVALID, naming file and line. */
export function evaluateBundle({
  root,
  bundle,
  drizzle,
  watched,
  readMap,
}: Evaluation): Readonly<Record<string, Namespace>> {
  const require = (id: string): unknown => {
    const own = drizzleModule(drizzle, id);
    if (own !== null) return own;
    watched.touch(); // what another package makes may depend on anything
    return createRequire(join(root, importerOf(bundle, id) ?? BUNDLE_NAME))(id);
  };
  const module = { exports: {} };
  try {
    const console = new Console(process.stderr); // stdout is for the result
    const scope = { ...scopeOf(root, watched), console, exports: module.exports, require, module };
    const filename = join(root, BUNDLE_NAME);
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

/** What every module of the models sees. */
export function scopeOf(root: string, watched: WatchedGlobals) {
  return { ...watched.globals, __filename: join(root, BUNDLE_NAME), __dirname: root };
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
