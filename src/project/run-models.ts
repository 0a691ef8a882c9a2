import { join } from "node:path";
import type { DrizzleApi } from "../schema/drizzle.ts";
import { bundleModels, importerIn, sourceMapOf, startEsbuild, type Bundle, type Esbuild } from "./bundle.ts";
import { mapOfModule } from "./compile-modules.ts";
import { loadDrizzle } from "./drizzle-core.ts";
import { editedProgram, linkedProgram } from "./linked-program.ts";
import { modelFailure, type FailedCode } from "./model-failure.ts";
import { BUNDLE_NAME, createModelScope, type Exports, type ModelScope } from "./model-scope.ts";
import { graphOf, isLinkable, type ModuleGraph } from "./module-graph.ts";
import { linkageOf, openModuleStore, type KeptProgram, type ModuleStore } from "./module-store.ts";
import { runBundle } from "./run-bundle.ts";
import { runModules, type Program, type Run } from "./run-modules.ts";

export interface ModelSources {
  readonly root: string;
  /** Of the models; absolute. */
  readonly folder: string;
  /** The model files in it; absolute. */
  readonly files: readonly string[];
  /** How they were linked when nothing has changed since but the content of some; null when that is not known. */
  readonly linkage: string | null;
}

export interface RanModels {
  readonly drizzle: DrizzleApi;
  readonly graph: ModuleGraph;
  /** By model file. */
  readonly exported: readonly Exports[];
  readonly scope: ModelScope;
  /** Keeps what was compiled until then for the next run. Returns how the modules are linked; null where they are not run one by one. */
  readonly keep: () => string | null;
}

/**
 * Runs model files. Many are run module by module; after an edit that leaves what modules import and export as it was, from what was
 * compiled before. All others are bundled: esbuild resolves every import and finds every name. Throws MODELS_INVALID, naming file and line.
 */
export async function runModels(sources: ModelSources): Promise<RanModels> {
  const { root } = sources;
  const esbuild = startEsbuild();
  const preparing = prepare(esbuild, sources);
  preparing.catch(() => {}); // awaited below; drizzle-orm is loaded while esbuild works
  const drizzle = loadDrizzle(root, esbuild);
  const { graph, run, keep, failed } = await preparing;
  const scope = createModelScope(root, drizzle);
  const { stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = DEEPEST_STACK;
    const ran = run(scope);
    return { drizzle, graph, exported: ran.exported, scope, keep: () => keep(ran) };
  } catch (error) {
    throw modelFailure(error, failed());
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** In which the file that imports a package is found below the frames of the loader. */
const DEEPEST_STACK = 50;

/** Models that can be run. */
interface Prepared {
  readonly graph: ModuleGraph;
  readonly run: (scope: ModelScope) => Run;
  readonly keep: (run: Run) => string | null;
  readonly failed: () => FailedCode;
}

async function prepare(esbuild: Esbuild, sources: ModelSources): Promise<Prepared> {
  const { root, folder, linkage } = sources;
  const at = Date.now();
  const store = openModuleStore(root, folder);
  const last = linkage === null ? null : store.read();
  const kept = last?.linkage === linkage ? last : null;
  const edited = kept && (await editedProgram({ esbuild, root, at }, kept));
  if (edited) return asModules(edited, { esbuild, root, store, kept });
  const bundle = await bundleModels(esbuild, sources);
  if (!isLinkable(bundle)) return asBundle(esbuild, sources, bundle);
  const before = last ?? store.read();
  const program = await linkedProgram({ esbuild, root, at }, graphOf(bundle), before?.modules);
  if (program) return asModules(program, { esbuild, root, store, kept: before });
  return asBundle(esbuild, sources, bundle);
}

function asBundle(esbuild: Esbuild, sources: ModelSources, bundle: Bundle): Prepared {
  const { root } = sources;
  const script = { code: null, readMap: () => sourceMapOf(esbuild, sources) };
  const scripts = new Map([[join(root, BUNDLE_NAME), script]]);
  return {
    graph: graphOf(bundle),
    run: (scope) => runBundle(root, bundle, scope),
    keep: () => null,
    failed: () => ({ root, scripts, importerOf: (name) => importerIn(bundle, name) }),
  };
}

interface Keeping {
  readonly esbuild: Esbuild;
  readonly root: string;
  readonly store: ModuleStore;
  readonly kept: KeptProgram | null;
}

/** What is kept is written again when this part of it is of no use any more: until then a few modules are compiled on each run. */
const STALE_PART = 1 / 8;

function asModules(program: Program, { esbuild, root, store, kept }: Keeping): Prepared {
  const { graph, conditions, modules } = program;
  const all = [...modules];
  return {
    graph,
    run: (scope) => runModules(root, program, scope),
    keep: ({ compiled }) => {
      const whole = { graph, conditions, modules: compiled() };
      const linkage = linkageOf(whole);
      const fresh = [...whole.modules].filter(([path, { data }]) => data !== modules.get(path)?.data).length;
      if (linkage !== kept?.linkage || fresh > all.length * STALE_PART) store.write({ ...whole, linkage });
      return linkage;
    },
    failed: () => ({
      root,
      scripts: new Map(
        all.map(([path, { code }]) => [
          join(root, path),
          { code, readMap: () => mapOfModule(esbuild, root, path) },
        ]),
      ),
      importerOf: (name) => all.find(([path]) => graph.specifiers[path]?.includes(name))?.[0] ?? null,
    }),
  };
}
