import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Bundle } from "./bundle.ts";

/** What each specifier in each module means: another module, or null for what stays outside. Paths are relative to the project. */
export type Imports = Readonly<Record<string, Readonly<Record<string, string | null>>>>;

/** How the modules of a program are linked. */
export interface ModuleGraph {
  /** Those of the model files, in the order of these. */
  readonly entries: readonly string[];
  readonly imports: Imports;
  /** What can be imported from each module, sorted. */
  readonly names: Readonly<Record<string, readonly string[]>>;
}

/** A graph whose modules may have another content by now, and nothing else that decides over their meaning has changed. */
export interface KeptGraph {
  readonly graph: ModuleGraph;
  /** Hash of each module's content. */
  readonly contents: Readonly<Record<string, string | null>>;
  /** The modules with another content than when the graph was kept. */
  readonly edited: readonly string[];
  /** Hash of what else decides: configuration, versions. */
  readonly conditions: string;
}

const STDIN = "<stdin>";

/** A smaller program is bundled and compiled in no time. Bytes. */
const WORTH_LINKING = 256 * 1024;

/** What the model files are called in a bundle that starts from them. */
export function entriesOf({ inputs }: Bundle): string[] {
  return (inputs[STDIN]?.imports ?? []).map(({ path }) => path);
}

/**
 * Whether the modules of a bundle can be compiled one by one and mean the same: ES modules which import by statements, of which the
 * bundler left none out. Not of a program that is too small to be worth it.
 */
export function isLinkable({ code, inputs, parts }: Bundle): boolean {
  const modules = Object.entries(inputs);
  const size = modules.reduce((sum, [, { bytes }]) => sum + bytes, 0);
  return (
    size >= WORTH_LINKING &&
    !requiresMore(code) &&
    modules.every(
      ([path, { format, imports }]) =>
        format === "esm" && parts.has(path) && imports.every(({ kind }) => kind === "import-statement"),
    )
  );
}

/** Whether compiled code may require something else than modules and drizzle-orm: by a name that it makes, for instance. */
export function requiresMore(code: string): boolean {
  return /\brequire\b(?!\("(?:module:|drizzle-orm))/.test(code);
}

/** What the modules of a bundle import. */
export function importsOf({ inputs }: Bundle): Imports {
  const modules = Object.entries(inputs).filter(([path]) => path !== STDIN);
  return Object.fromEntries(modules.map(([path, { imports }]) => [path, targetsOf(imports)]));
}

/** An import of types alone counts as outside, also where another one of the same file is not. */
function targetsOf(imports: Bundle["inputs"][string]["imports"]): Record<string, string | null> {
  const outside = imports.filter(({ external }) => external).map(({ path }) => [path, null] as const);
  const inside = imports
    .filter(({ external }) => !external)
    .map(({ path, original = path }) => [original, path] as const);
  return Object.fromEntries([...outside, ...inside]);
}

/**
 * Whether a module may hand on, by `export *`, one name of two modules. In a bundle that is one thing or none; of modules that are linked
 * one by one nobody can tell whether both mean the same.
 */
export function isAmbiguous(root: string, { imports, names }: ModuleGraph): boolean {
  return Object.entries(imports).some(([path, targets]) => {
    const modules = new Set(Object.values(targets).filter((target) => target !== null));
    const found = [...modules].flatMap((target) => names[target] ?? []).filter((name) => name !== "default");
    return new Set(found).size < found.length && HANDS_ON.test(readFileSync(join(root, path), "utf8"));
  });
}

const HANDS_ON = /\bexport\s*\*/;
