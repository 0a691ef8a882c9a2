import type { Bundle } from "./bundle.ts";

/** How the modules of a program import each other. Paths are relative to the project. */
export interface ModuleGraph {
  /** The modules of the model files, in the order of these. */
  readonly entries: readonly string[];
  /** Which module each specifier in each module means; one that is not here means a package. */
  readonly imports: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export function graphOf({ modules, entries }: Bundle): ModuleGraph {
  const targets = Object.entries(modules).map(([path, { imports }]) => [path, targetsOf(imports)] as const);
  return { entries, imports: Object.fromEntries(targets) };
}

function targetsOf(imports: Bundle["modules"][string]["imports"]): Record<string, string> {
  const inside = imports.filter(({ external }) => !external);
  return Object.fromEntries(inside.map(({ path, original = path }) => [original, path]));
}

/** Below this a bundle is compiled in no time. Bytes of source. */
const WORTH_LINKING = 256 * 1024;

/** Whether the modules of a bundle may be run one by one: they are worth it, and none is CommonJS, JSON or loaded by a call. */
export function isLinkable({ modules }: Bundle): boolean {
  const all = Object.entries(modules);
  const size = all.reduce((sum, [, { bytes }]) => sum + bytes, 0);
  const isPlain = all.every(
    ([path, { format, imports }]) =>
      /\.[cm]?[jt]sx?$/.test(path) &&
      format !== "cjs" &&
      imports.every((own) => own.kind === "import-statement" && own.with === undefined),
  );
  return size >= WORTH_LINKING && isPlain;
}

const COPY = /\b__(?:toESM|reExport)\d*\(/g;
const COPY_OF = /\b__(toESM|reExport)\d*\((?:\w+,)?require\("([^"\\]+)"\)/g;

/**
 * Whether a compiled module means by itself what it means in the bundle. One that copies what another exports (`import * as`, a default
 * import, `export *`) has it as it is at that moment, and in an object of its own: that is the same only where nobody can tell, in a
 * model file that hands on other model files and is imported by none.
 */
export function meansTheSame({ entries, imports }: ModuleGraph, path: string, code: string): boolean {
  if (/\brequire\b(?!\("[^"\\]+"\))/.test(code)) return false;
  const copies = [...code.matchAll(COPY_OF)];
  if (copies.length < (code.match(COPY)?.length ?? 0)) return false;
  const targets = imports[path] ?? {};
  const inside = copies.filter(([, , specifier = ""]) => targets[specifier] !== undefined);
  if (inside.length === 0) return true;
  const isCollection =
    inside.every(([, kind]) => kind === "reExport") &&
    [path, ...Object.values(targets)].every((module) => entries.includes(module));
  return isCollection && !Object.values(imports).some((own) => Object.values(own).includes(path));
}
