import { hash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { bundleModules, namesOfModules } from "./bundle-modules.ts";
import type { Esbuild } from "./bundle.ts";
import { isAmbiguous, requiresMore, type KeptGraph, type ModuleGraph } from "./module-graph.ts";
import type { CompiledModule } from "./module-store.ts";

/** A module before V8 has seen it, or with what V8 made of it. */
export type Runnable = Omit<CompiledModule, "data"> & { readonly data: Buffer | null };

export interface Compiling {
  readonly root: string;
  readonly esbuild: Esbuild;
  readonly kept: KeptGraph;
  /** The names of what each module sees besides what CommonJS has. */
  readonly scope: readonly string[];
  /** What was compiled before. */
  readonly known: ReadonlyMap<string, CompiledModule>;
}

export interface CompiledProgram {
  readonly graph: ModuleGraph;
  /** By path. */
  readonly modules: ReadonlyMap<string, Runnable>;
}

/** All modules of a program, of which those are compiled that are not known. Rejects where a module does not fit into the graph. */
export async function compileModules(compiling: Compiling): Promise<CompiledProgram> {
  const { graph: before } = compiling.kept;
  const expected = modulesOf(compiling, before); // most edits change no exported name
  expected.catch(() => {}); // of use for the same graph only
  const graph = await renewedGraph(compiling);
  if (isAmbiguous(compiling.root, graph)) throw new Error("a name has two meanings");
  return { graph, modules: await (graph === before ? expected : modulesOf(compiling, graph)) };
}

async function modulesOf(
  { root, esbuild, kept, scope, known }: Compiling,
  graph: ModuleGraph,
): Promise<ReadonlyMap<string, Runnable>> {
  const head = `(function(exports,require,module,${scope.join()}){`;
  const tools = [esbuild.version, head];
  const paths = Object.keys(graph.imports);
  const keys = new Map(paths.map((path) => [path, keyOf({ ...kept, graph }, path, tools)]));
  const missing = [...keys].filter(([path, key]) => known.get(path)?.key !== key);
  const sources = { root, graph, paths: missing.map(([path]) => path) };
  const codes = missing.length === 0 ? [] : await bundleModules(esbuild, sources);
  if (codes.some(requiresMore)) throw new Error("a module requires what is not known");
  const made = missing.map(([path, key], index): [string, Runnable] => [
    path,
    { path, key, code: `${head}${codes[index]}\n})`, data: null },
  ]);
  return new Map<string, Runnable>([...known, ...made]);
}

/** As far as names are handed on. In a circle they can come and go without end. */
const MOST_ROUNDS = 10;

/** The graph with the names that edited modules export by now, and those that hand on what these export. */
async function renewedGraph({ root, esbuild, kept }: Compiling): Promise<ModuleGraph> {
  let { graph } = kept;
  let paths = kept.edited;
  for (let round = 0; paths.length > 0; round++) {
    if (round === MOST_ROUNDS) throw new Error("the exported names do not settle");
    const found = await namesOfModules(esbuild, { root, graph, paths });
    const renewed = paths.map((path, index) => [path, found[index] ?? graph.names[path] ?? []] as const);
    const changed = new Set(
      renewed.filter(([path, names]) => !isDeepStrictEqual(names, graph.names[path])).map(([path]) => path),
    );
    if (changed.size > 0) graph = { ...graph, names: { ...graph.names, ...Object.fromEntries(renewed) } };
    paths = importersOf(graph, changed);
  }
  return graph;
}

function importersOf({ imports }: ModuleGraph, targets: ReadonlySet<string>): string[] {
  return Object.entries(imports)
    .filter(([, own]) => Object.values(own).some((target) => target !== null && targets.has(target)))
    .map(([path]) => path);
}

/** Everything that decides over what a module is compiled to. */
function keyOf({ graph, contents, conditions }: KeptGraph, path: string, tools: readonly string[]): string {
  const imports = Object.entries(graph.imports[path] ?? {}).map(([specifier, target]) => [
    specifier,
    target,
    target === null ? [] : graph.names[target],
  ]);
  const made = [...tools, conditions, path, contents[path], imports];
  return hash("sha256", JSON.stringify(made), "base64url");
}
