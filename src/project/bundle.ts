import { createRequire } from "node:module";
import type { BuildFailure, BuildOptions, Message, Metafile } from "esbuild";
import { CleanSlateError } from "../errors.ts";
import { withVariables } from "./environment.ts";

export type Esbuild = typeof import("esbuild");

/** All model files as one CommonJS program whose exports are `f0`, `f1`, …: one namespace a file. */
export interface Bundle {
  readonly code: string;
  /** By path, relative to the project. */
  readonly modules: Readonly<Record<string, Metafile["inputs"][string]>>;
  /** The modules of the model files, in the order of these. */
  readonly entries: readonly string[];
}

export const COMPILER_OPTIONS = {
  write: false,
  metafile: true,
  minifyWhitespace: true,
  format: "cjs",
  platform: "node",
  target: "node20",
  supported: { "template-literal": false }, // V8 finds each tagged template of a script in a list of all of them
  logLevel: "silent",
} as const satisfies BuildOptions;

const OPTIONS = {
  ...COMPILER_OPTIONS,
  bundle: true,
  outfile: "models.cjs",
  packages: "external",
} as const satisfies BuildOptions;

/** For the process esbuild starts, which most often ends after one bundle: its garbage (https://go.dev/doc/gc-guide) can lie until then. */
const UNCOLLECTED = { GOGC: "off", GOMEMLIMIT: "1GiB" };

export function uncollected<T>(build: () => T): T {
  return withVariables(UNCOLLECTED, build);
}

/** Its process is started, which takes as long as much that can be done meanwhile. */
export function startEsbuild(): Esbuild {
  const esbuild = loadEsbuild();
  uncollected(() => esbuild.transform("")).catch(() => {}); // whatever is wrong with it, it says again
  return esbuild;
}

export function loadEsbuild(): Esbuild {
  return createRequire(import.meta.url)("esbuild") as Esbuild;
}

/** What esbuild calls the list of model files. */
const STDIN = "<stdin>";

/** What is bundled: `files` are absolute paths. */
export interface Sources {
  readonly root: string;
  readonly files: readonly string[];
}

/** Bundles files with the aliases of the nearest tsconfig. Throws MODELS_INVALID naming file and line. */
export async function bundleModels(esbuild: Esbuild, sources: Sources): Promise<Bundle> {
  try {
    const build = () => esbuild.build({ ...OPTIONS, ...entryOf(sources) });
    const { outputFiles, metafile } = await uncollected(build);
    const { [STDIN]: start, ...modules } = metafile.inputs;
    const entries = (start?.imports ?? []).map(({ path }) => path);
    return {
      get code() {
        return outputFiles[0]?.text ?? "";
      },
      modules,
      entries,
    };
  } catch (error) {
    const [first] = (error as Partial<BuildFailure>).errors ?? [];
    if (!first) throw error;
    throw new CleanSlateError("MODELS_INVALID", describe(first), { hint: hintFor(first), cause: error });
  }
}

/** The source map of the same bundle, as JSON: a run that goes well needs none. */
export function sourceMapOf(esbuild: Esbuild, sources: Sources): string {
  const mapped = { ...OPTIONS, ...entryOf(sources), sourcemap: "external", sourcesContent: false } as const;
  return esbuild.buildSync(mapped).outputFiles[0]?.text ?? "";
}

/** The module that imports a package: esbuild gathers such imports at places that no source map names. */
export function importerIn({ modules }: Bundle, name: string): string | null {
  return Object.keys(modules).find((path) => modules[path]?.imports.some((own) => own.path === name)) ?? null;
}

function entryOf({ root, files }: Sources): Pick<BuildOptions, "absWorkingDir" | "stdin"> {
  const contents = files
    .map((file, index) => `export * as f${index} from ${JSON.stringify(file)};`)
    .join("\n");
  return { absWorkingDir: root, stdin: { contents, resolveDir: root } };
}

function describe({ text, location }: Message): string {
  if (!location) return text;
  const line = location.lineText.trim();
  return `${location.file}:${location.line}:${location.column + 1}: ${text}${line ? `\n    ${line}` : ""}`;
}

function hintFor({ text }: Message): string {
  if (text.includes("Top-level await"))
    return "models are loaded synchronously: move the awaited part out of the models folder";
  if (text.startsWith("Could not resolve"))
    return "check the import path, and the `paths` of tsconfig.json for an alias";
  return "mend the file, then run the command again";
}
