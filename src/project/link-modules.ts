import { Console } from "node:console";
import { Writable } from "node:stream";
import { isDeepStrictEqual } from "node:util";
import { Script } from "node:vm";
import type { DrizzleApi } from "../schema/drizzle.ts";
import { MODULE_PREFIX } from "./bundle-modules.ts";
import type { Esbuild } from "./bundle.ts";
import { compileModules, type Runnable } from "./compile-modules.ts";
import { drizzleModule } from "./drizzle-core.ts";
import { scopeOf, type Namespace } from "./evaluate-bundle.ts";
import type { KeptGraph, ModuleGraph } from "./module-graph.ts";
import { openModuleStore, type CompiledModule } from "./module-store.ts";
import type { WatchedGlobals } from "./watched-globals.ts";

export interface Linking {
  readonly root: string;
  /** Of the models. */
  readonly folder: string;
  readonly esbuild: Esbuild;
  readonly kept: KeptGraph;
  readonly watched: WatchedGlobals;
  /** Called while modules are compiled. */
  readonly loadDrizzle: () => DrizzleApi;
}

/** What each model file exports, by name. */
export type Exported = readonly (readonly (readonly [name: string, value: unknown])[])[];

export interface LinkedModules {
  readonly drizzle: DrizzleApi;
  readonly exported: Exported;
  readonly graph: ModuleGraph;
  /** Keeps what was compiled for the next run. */
  readonly keep: () => void;
}

/** What is kept is written again when this part of it is of no use any more: until then a few modules are compiled on each run. */
const STALE_PART = 1 / 8;

/**
 * Runs the models module by module. What a module was compiled to is kept, so that after an edit one file is compiled and not all.
 * Null where anything goes wrong or is not as the graph has it: the bundle of all modules decides then.
 */
export async function linkModules(linking: Linking): Promise<LinkedModules | null> {
  const output = holdOutput();
  try {
    const linked = await link(linking, output.console);
    output.release();
    return linked;
  } catch {
    return null;
  } finally {
    output.forget();
  }
}

async function link(
  { root, folder, esbuild, kept, watched, loadDrizzle }: Linking,
  console: Console,
): Promise<LinkedModules> {
  const scope = { ...scopeOf(root, watched), console };
  const store = openModuleStore(root, folder);
  const names = Object.keys(scope);
  const compiling = compileModules({ root, esbuild, kept, scope: names, known: store.read() });
  compiling.catch(() => {}); // awaited below
  const drizzle = loadDrizzle();
  const { graph, modules } = await compiling;
  const program = createProgram({ modules, drizzle, scope });
  const exported = graph.entries.map((path) => Object.entries(program.run(path)));
  program.refuseOtherNames(graph.names);
  const keep = (): void => {
    const compiled = program.compiled();
    const fresh = compiled.filter(({ path, data }) => modules.get(path)?.data !== data);
    if (fresh.length > compiled.length * STALE_PART) store.write(compiled);
  };
  return { drizzle, exported, graph, keep };
}

interface Program {
  readonly modules: ReadonlyMap<string, Runnable>;
  readonly drizzle: DrizzleApi;
  /** What each module sees, by name. */
  readonly scope: Readonly<Record<string, unknown>>;
}

/** Runs modules as Node runs those that are CommonJS: each once, when it is first required. */
function createProgram({ modules, drizzle, scope }: Program) {
  const scripts = new Map<string, Script>();
  const running = new Map<string, { exports: Namespace }>();
  const require = (id: string): unknown => {
    if (id.startsWith(MODULE_PREFIX)) return run(id.slice(MODULE_PREFIX.length));
    const own = drizzleModule(drizzle, id);
    if (own === null) throw new Error(`"${id}" was not imported before`);
    return own;
  };
  const run = (path: string): Namespace => {
    const module = running.get(path) ?? { exports: {} };
    if (running.has(path)) return module.exports;
    running.set(path, module);
    const { code = "", data = null } = modules.get(path) ?? {};
    const script = new Script(code, { filename: path, ...(data && { cachedData: data }) });
    scripts.set(path, script);
    const start = script.runInThisContext() as (...values: unknown[]) => void;
    start(module.exports, require, module, ...Object.values(scope));
    return module.exports;
  };
  return {
    run,
    /** Throws where a module exports something else than others were linked with, or a name that is handed on in a circle. */
    refuseOtherNames: (names: Readonly<Record<string, readonly string[]>>): void => {
      for (const [path, { exports }] of running) {
        const own = Object.entries(exports).map(([name]) => name);
        const isKnown = isDeepStrictEqual(own.toSorted(), names[path]);
        if (!isKnown) throw new Error(`${path} exports other names`);
      }
    },
    compiled: (): CompiledModule[] =>
      [...modules.values()].flatMap((module) => {
        const script = scripts.get(module.path);
        if (script === undefined) return [];
        const isOfUse = module.data !== null && script.cachedDataRejected === false;
        return { ...module, data: isOfUse ? module.data : script.createCachedData() };
      }),
  };
}

/** A console that holds what it is told until it is known that it will not be told again. */
function holdOutput() {
  const shown = new Console(process.stderr); // stdout is for the result
  let held: string[] | null = [];
  const show = (text: string): void => shown.log("%s", text.replace(/\n$/, ""));
  const write = (chunk: Buffer, _: unknown, done: () => void): void => {
    if (held) held.push(chunk.toString());
    else show(chunk.toString());
    done();
  };
  const release = (): void => {
    for (const text of held ?? []) show(text);
    held = null;
  };
  process.prependOnceListener("exit", release); // a model may end the process
  const forget = (): void => void process.off("exit", release);
  return { console: new Console(new Writable({ write })), release, forget };
}
