import { createRequire } from "node:module";
import type { BuildFailure, BuildOptions, Message, Metafile } from "esbuild";
import { CleanSlateError } from "../errors.ts";

export type Esbuild = typeof import("esbuild");

/** All model files as one CommonJS program whose exports are `f0`, `f1`, …: one namespace a file. */
export interface Bundle {
  readonly code: string;
  /** Source map of `code`, as JSON. */
  readonly map: string;
  readonly inputs: Metafile["inputs"];
}

const OPTIONS = {
  bundle: true,
  write: false,
  metafile: true,
  sourcemap: "external",
  sourcesContent: false,
  outfile: "models.cjs",
  format: "cjs",
  platform: "node",
  target: "node20",
  packages: "external",
  logLevel: "silent",
} as const satisfies BuildOptions;

export function loadEsbuild(): Esbuild {
  return createRequire(import.meta.url)("esbuild") as Esbuild;
}

/** Bundles `files` (absolute paths) with the aliases of the nearest tsconfig. Throws MODELS_INVALID naming file and line. */
export async function bundleModels(
  esbuild: Esbuild,
  root: string,
  files: readonly string[],
): Promise<Bundle> {
  const contents = files
    .map((file, index) => `export * as f${index} from ${JSON.stringify(file)};`)
    .join("\n");
  try {
    const result = await esbuild.build({
      ...OPTIONS,
      absWorkingDir: root,
      stdin: { contents, resolveDir: root },
    });
    const [map, code] = result.outputFiles;
    return { code: code?.text ?? "", map: map?.text ?? "", inputs: result.metafile.inputs };
  } catch (error) {
    const [first] = (error as Partial<BuildFailure>).errors ?? [];
    if (!first) throw error;
    throw new CleanSlateError("MODELS_INVALID", describe(first), { hint: hintFor(first), cause: error });
  }
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
