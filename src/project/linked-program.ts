import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { VERSION } from "../version.ts";
import type { Esbuild } from "./bundle.ts";
import { compileModules, namesOfModules, type ModuleContents } from "./compile-modules.ts";
import { isOlderThan } from "./file-times.ts";
import { importConfiguration, leavesAChoice, leavesModulesOut } from "./import-configuration.ts";
import { circlesIn } from "./module-circles.ts";
import { isWorthLinking, type ModuleGraph } from "./module-graph.ts";
import type { CompiledModule, KeptProgram } from "./module-store.ts";
import type { Program, Runnable } from "./run-modules.ts";
import { meansTheSame } from "./same-meaning.ts";

export interface Compiler {
  readonly esbuild: Esbuild;
  readonly root: string;
}

/** By path. */
type Known = ReadonlyMap<string, CompiledModule>;

/**
 * The program as it was kept, with those modules compiled that were edited since, where all of these import and export what they did:
 * then no other module can mean something else. Null where that is not so, or cannot be told.
 */
export async function editedProgram(
  { esbuild, root }: Compiler,
  { graph, conditions, modules: known }: KeptProgram,
): Promise<Program | null> {
  try {
    const sources = readSources(root, graph, conditions, esbuild.version);
    if (!isWorthLinking([...sources.values()].map(({ content }) => content.length))) return null;
    const edited = editedSources(sources, known);
    const faces = facesOf(graph, known);
    const naming = namesOfModules(esbuild, { root, contents: edited, faces });
    const [compiled, names] = await Promise.all([compileModules(esbuild, root, edited), naming]);
    const isLinkedAsBefore = [...compiled].every(
      ([path, { code, specifiers }]) =>
        isDeepStrictEqual(specifiers, known.get(path)?.specifiers) &&
        isDeepStrictEqual(names.get(path), known.get(path)?.names) &&
        meansTheSame(graph, path, code),
    );
    return isLinkedAsBefore ? { graph, conditions, modules: withCompiled(sources, known, compiled) } : null;
  } catch {
    return null; // what is wrong is for the bundle to say
  }
}

/** What was bundled. */
export interface Bundled {
  readonly graph: ModuleGraph;
  /** When that began. */
  readonly at: number;
  readonly known: Known | undefined;
}

/** More modules than that do not wait for each other: each is some calls deep. */
const MOST_WAITING = 300;

/** The program of a graph. Null where only the bundle can tell what it means, or a module may not be what was bundled any more. */
export async function linkedProgram(
  { esbuild, root }: Compiler,
  { graph, at, known = new Map() }: Bundled,
): Promise<Program | null> {
  const conditions = conditionsOf(root, graph);
  const { members, depth } = circlesIn(graph);
  if (conditions === null || depth > MOST_WAITING) return null;
  const linked = { ...graph, circles: members };
  try {
    const sources = readSources(root, graph, conditions, esbuild.version);
    if (![...sources.keys()].every((path) => isOlderThan(join(root, path), at))) return null;
    const compiled = await compileModules(esbuild, root, editedSources(sources, known));
    const modules = withCompiled(sources, known, compiled);
    const isWhole = [...modules].every(([path, { code }]) => meansTheSame(linked, path, code));
    return isWhole ? { graph: linked, conditions, modules } : null;
  } catch {
    return null; // what was bundled is run
  }
}

interface Source {
  readonly content: Buffer;
  readonly key: string;
}

type Sources = ReadonlyMap<string, Source>;

function readSources(root: string, { imports }: ModuleGraph, ...tools: readonly string[]): Sources {
  const made = digest(JSON.stringify([VERSION, ...tools]));
  return new Map(
    Object.keys(imports).map((path) => {
      const content = readFileSync(join(root, path));
      return [path, { content, key: digest(`${made} ${digest(content)} ${path}`) }];
    }),
  );
}

function editedSources(sources: Sources, known: Known): ModuleContents {
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
  compiled: Awaited<ReturnType<typeof compileModules>>,
): ReadonlyMap<string, Runnable> {
  const modules = [...sources].flatMap(([path, { key }]): [string, Runnable][] => {
    const fresh = compiled.get(path);
    const module = fresh ? { ...fresh, key, data: null } : known.get(path);
    return module ? [[path, module]] : [];
  });
  return new Map(modules);
}

/** Hash of what besides its content decides over what a module is compiled to; null where that cannot be told. */
function conditionsOf(root: string, { imports }: ModuleGraph): string | null {
  const folders = new Set(Object.keys(imports).map((path) => dirname(join(root, path))));
  const files = importConfiguration(folders);
  if (files.some(leavesAChoice) || files.some(leavesModulesOut)) return null;
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
