import { basename, dirname, join, relative, sep } from "node:path";
import type { OnLoadResult, OnResolveArgs, OnResolveResult, Plugin } from "esbuild";
import { isDrizzle } from "./drizzle-core.ts";
import { BUNDLE_OPTIONS, uncollected, type Esbuild } from "./bundle.ts";
import type { ModuleGraph } from "./module-graph.ts";

/** By what a compiled module requires another one: the module's path follows. */
export const MODULE_PREFIX = "module:";

export interface ModuleSources {
  readonly root: string;
  readonly graph: ModuleGraph;
  /** Relative to the root. */
  readonly paths: readonly string[];
}

/**
 * Compiles modules one by one to CommonJS, in the order of their paths. esbuild links each with what the others are known to export,
 * as if all were bundled. Rejects where a file does not fit into the graph or cannot be compiled.
 */
export async function bundleModules(
  esbuild: Esbuild,
  { root, graph, paths }: ModuleSources,
): Promise<string[]> {
  const plugins = [linkedWith(root, graph)];
  const { outputFiles } = await uncollected(() =>
    esbuild.build({ ...BUNDLE_OPTIONS, ...entryPoints(root, paths), plugins }),
  );
  const texts = new Map(outputFiles.map(({ path, text }) => [path, text]));
  return paths.map((_, index) => (texts.get(outputOf(root, index)) ?? "").replace(DIRECTIVES, ""));
}

/** A bundle has none, not even "use strict". */
const DIRECTIVES = /^(?:"(?:[^"\\]|\\.)*";)+/;

/** The exported names of modules, in the order of their paths; null where a package decides over them. Rejects as above. */
export async function namesOfModules(
  esbuild: Esbuild,
  { root, graph, paths }: Omit<ModuleSources, "graph"> & { readonly graph: ModuleGraph | null },
): Promise<(readonly string[] | null)[]> {
  const plugins = graph === null ? [] : [linkedWith(root, graph)];
  const options = { ...BUNDLE_OPTIONS, ...entryPoints(root, paths), plugins, format: "esm" } as const;
  const { outputFiles, metafile } = await uncollected(() => esbuild.build(options));
  const texts = new Map(outputFiles.map(({ path, text }) => [path, text]));
  return paths.map((_, index) => {
    const output = outputOf(root, index);
    const isWhole = !/\bexport ?\* ?from\b/.test(texts.get(output) ?? "");
    return isWhole ? (metafile.outputs[relative(root, output)]?.exports.toSorted() ?? null) : null;
  });
}

/** Each is a file of its own, named by its position: two modules may differ in their endings alone. */
function entryPoints(root: string, paths: readonly string[]) {
  const named = paths.map((path, index) => [basename(outputOf(root, index), ".js"), join(root, path)]);
  const outdir = dirname(outputOf(root, 0));
  return { absWorkingDir: root, outdir, entryPoints: Object.fromEntries(named) } as const;
}

/** Nothing is written there. */
function outputOf(root: string, index: number): string {
  return join(root, "clean-slate-modules", `${index}.js`);
}

const STAND_IN = "stand-in";

/** In the place of each module that is imported stands one that hands on what that one exports. */
function linkedWith(root: string, { imports, names }: ModuleGraph): Plugin {
  const resolve = ({ kind, path, importer, namespace, ...args }: OnResolveArgs): OnResolveResult | null => {
    if (kind === "entry-point") return null;
    if (namespace === STAND_IN) return { path, external: true };
    const target = imports[relative(root, importer).split(sep).join("/")]?.[path];
    // Without an ending, which would decide over what a default import means.
    const isPlain = Object.keys(args.with).length === 0;
    if (target && isPlain) return { path: `${target}#`, namespace: STAND_IN, pluginData: target };
    return isDrizzle(path) ? { path, external: true } : { errors: [{ text: `"${path}" is not known` }] };
  };
  const load = (path: string): OnLoadResult => {
    const own = (names[path] ?? []).map((name) => JSON.stringify(name));
    const from = JSON.stringify(MODULE_PREFIX + path);
    const contents = `import ${from}; export { ${own.join()} } from ${from};`; // without names the second says nothing
    return { contents, loader: /\.[cm]?tsx?$/.test(path) ? "ts" : "js" };
  };
  return {
    name: "linked-modules",
    setup: (build) => {
      build.onResolve({ filter: /./ }, resolve);
      build.onLoad({ filter: /./, namespace: STAND_IN }, ({ pluginData }) => load(pluginData as string));
    },
  };
}
