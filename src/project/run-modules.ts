import { createRequire } from "node:module";
import { join } from "node:path";
import { Script } from "node:vm";
import { targetOf } from "./module-graph.ts";
import type { CompiledModule, KeptProgram } from "./module-store.ts";
import { exportsOf, type Exports, type ModelScope, type Namespace } from "./model-scope.ts";

/** A module before V8 has seen it, or with what V8 made of it. */
export type Runnable = Pick<CompiledModule, "code" | "key"> & { readonly data: Buffer | null };

/** Modules that were compiled one by one. */
export interface Program extends Pick<KeptProgram, "graph" | "conditions"> {
  /** By path. */
  readonly modules: ReadonlyMap<string, Runnable>;
}

export interface Run {
  /** By model file. */
  readonly exported: readonly Exports[];
  /** The modules that ran, with what V8 has made of them by now; none of a bundle. */
  readonly compiled: () => ReadonlyMap<string, CompiledModule>;
}

/** Runs modules as Node runs those that are CommonJS: each once, when it is first required. Throws what a module throws. */
export function runModules(root: string, { graph, modules }: Program, scope: ModelScope): Run {
  const scripts = new Map<string, Script>();
  const running = new Map<string, { exports: Namespace }>();
  const names = Object.keys(scope.globals);
  const values = Object.values(scope.globals);
  const requireFrom = (path: string) => (specifier: string) => {
    const target = targetOf(graph.imports[path], specifier);
    if (target !== undefined) return run(target);
    return scope.requirePackage(specifier, () => createRequire(join(root, path)));
  };
  const run = (path: string): Namespace => {
    const known = running.get(path);
    if (known) return known.exports;
    const module = { exports: {} };
    running.set(path, module);
    const { code = "", data = null } = modules.get(path) ?? {};
    // The inner function is for names of its own that are among the outer one's.
    const source = `(function(exports,require,module,${names.join()}){(function(){\n${code}\n})()})`;
    const options = { filename: join(root, path), lineOffset: -1, ...(data && { cachedData: data }) };
    const script = new Script(source, options);
    scripts.set(path, script);
    const start = script.runInThisContext() as (...values: unknown[]) => void;
    start(module.exports, requireFrom(path), module, ...values);
    return module.exports;
  };
  const compiled = (): ReadonlyMap<string, CompiledModule> =>
    new Map(
      [...scripts].flatMap(([path, script]) => {
        const module = modules.get(path);
        if (module === undefined) return [];
        const isOfUse = module.data !== null && script.cachedDataRejected === false;
        const data = isOfUse ? module.data : script.createCachedData();
        return [[path, { ...module, data, names: namesOf(running.get(path)?.exports) }]];
      }),
    );
  const entries = graph.entries.map((path) => run(path)); // a later one may change what an earlier one exports
  return { exported: entries.map(exportsOf), compiled };
}

function namesOf(namespace: Namespace = {}): string[] {
  return Object.keys(namespace).toSorted();
}
