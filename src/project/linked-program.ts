import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { VERSION } from "../version.ts";
import type { Esbuild } from "./bundle.ts";
import { compileModules, facesOfEdited, type ModuleContents } from "./compile-modules.ts";
import { isOlderThan } from "./file-times.ts";
import { importConfiguration, leavesAChoice, leavesModulesOut } from "./import-configuration.ts";
import { circlesIn, deepestWait } from "./module-circles.ts";
import { isWorthLinking, type ModuleGraph } from "./module-graph.ts";
import type { CompiledModule, KeptProgram } from "./module-store.ts";
import type { Program, Runnable } from "./run-modules.ts";
import { meansTheSame } from "./same-meaning.ts";

export interface Compiler {
  readonly esbuild: Esbuild;
  readonly root: string;
  /** When the run began: what was saved since is not compiled. */
  readonly at: number;
}

/** By path. */
type Known = ReadonlyMap<string, CompiledModule>;

/**
 * The program as it was kept, with those modules compiled that were edited since, where all of these import and export what they did:
 * then no other module can mean something else. Null where that is not so, or cannot be told.
 */
export async function editedProgram(
  compiler: Compiler,
  { graph, conditions, modules: known }: KeptProgram,
): Promise<Program | null> {
  const { esbuild, root } = compiler;
  try {
    const sources = readSources(compiler, graph, conditions);
    if (!isWorthLinking([...sources.values()].map(({ content }) => content.length))) return null;
    const contents = editedContents(sources, known);
    const looking = facesOfEdited(esbuild, { root, contents, faces: facesOf(graph, known) });
    const [compiled, seen] = await Promise.all([compileModules(esbuild, root, contents), looking]);
    const isLinkedAsBefore = [...compiled].every(([path, code]) => {
      const face = { names: known.get(path)?.names, specifiers: graph.specifiers[path] };
      return isDeepStrictEqual(seen.get(path), face) && meansTheSame(graph, path, code);
    });
    if (!isLinkedAsBefore || conditionsOf(compiler, graph) !== conditions) return null;
    return { graph, conditions, modules: withCompiled(sources, known, compiled) };
  } catch {
    return null; // what is wrong is for the bundle to say
  }
}

/** More modules than that do not wait for each other: each is some calls deep. */
const MOST_WAITING = 300;

/** The program of a graph. Null where only the bundle can tell what it means, or something may not be as it was bundled any more. */
export async function linkedProgram(
  compiler: Compiler,
  bundled: ModuleGraph,
  known: Known = new Map(),
): Promise<Program | null> {
  const { esbuild, root } = compiler;
  const conditions = conditionsOf(compiler, bundled);
  if (conditions === null || deepestWait(bundled) > MOST_WAITING) return null;
  const graph = { ...bundled, circles: circlesIn(bundled) };
  try {
    const sources = readSources(compiler, graph, conditions);
    const compiled = await compileModules(esbuild, root, editedContents(sources, known));
    const modules = withCompiled(sources, known, compiled);
    const isWhole = [...modules].every(([path, { code }]) => meansTheSame(graph, path, code));
    return isWhole && conditionsOf(compiler, graph) === conditions ? { graph, conditions, modules } : null;
  } catch {
    return null; // what was bundled is run
  }
}

interface Source {
  readonly content: Buffer;
  readonly key: string;
}

type Sources = ReadonlyMap<string, Source>;

/** Of a call of which the bundle leaves out what nobody uses. */
const PURE_MARKS = ["__PURE__", "__NO_SIDE_EFFECTS__"];

/** Throws where a file is not there, was saved since the run began, or is not all in a bundle. */
function readSources({ root, esbuild, at }: Compiler, { imports }: ModuleGraph, conditions: string): Sources {
  const made = digest(JSON.stringify([VERSION, esbuild.version, conditions]));
  return new Map(
    Object.keys(imports).map((path) => {
      const content = readFileSync(join(root, path));
      if (!isOlderThan(join(root, path), at)) throw new Error(`${path} was saved meanwhile`);
      if (PURE_MARKS.some((mark) => content.includes(mark))) throw new Error(`${path} marks calls as pure`);
      return [path, { content, key: digest(`${made} ${digest(content)} ${path}`) }];
    }),
  );
}

function editedContents(sources: Sources, known: Known): ModuleContents {
  const edited = [...sources].filter(([path, { key }]) => known.get(path)?.key !== key);
  return new Map(edited.map(([path, { content }]) => [path, content]));
}

function facesOf({ imports }: ModuleGraph, known: Known) {
  const faces = [...known].map(
    ([path, { names }]) => [path, { names, imports: imports[path] ?? {} }] as const,
  );
  return new Map(faces);
}

function withCompiled(
  sources: Sources,
  known: Known,
  compiled: ReadonlyMap<string, string>,
): ReadonlyMap<string, Runnable> {
  const modules = [...sources].flatMap(([path, { key }]): [string, Runnable][] => {
    const code = compiled.get(path);
    const module = code === undefined ? known.get(path) : { code, key, data: null };
    return module ? [[path, module]] : [];
  });
  return new Map(modules);
}

/** Hash of what besides its content decides over what a module is compiled to; null where that cannot be told, or was saved meanwhile. */
function conditionsOf({ root, at }: Compiler, { imports }: ModuleGraph): string | null {
  const folders = new Set(Object.keys(imports).map((path) => dirname(join(root, path))));
  const files = importConfiguration(folders);
  const isClear = files.every((file) => isOlderThan(file, at) ?? true);
  if (!isClear || files.some(leavesAChoice) || files.some(leavesModulesOut)) return null;
  return digest(JSON.stringify(files.map((file) => [file, contentOf(file)])));
}

function contentOf(file: string): string | null {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return null;
  }
}

function digest(content: string | Buffer): string {
  return hash("sha256", content, "base64url");
}
