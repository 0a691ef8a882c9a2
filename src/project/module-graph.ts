import type { Bundle } from "./bundle.ts";

/** How the modules of a program import each other. Paths are relative to the project. */
export interface ModuleGraph {
  /** The modules of the model files, in the order of these. */
  readonly entries: readonly string[];
  /** In the order in which they are imported. */
  readonly imports: Readonly<Record<string, Targets>>;
  /** All that each module names, packages too; in the order in which it does. */
  readonly specifiers: Readonly<Record<string, readonly string[]>>;
}

/** That of modules that are run one by one. */
export interface LinkedGraph extends ModuleGraph {
  /** Modules that import each other in a circle. */
  readonly circles: readonly string[];
}

/** Which module each specifier means; one that is not here means a package. */
export type Targets = Readonly<Record<string, string>>;

export type Input = Bundle["modules"][string];

export function graphOf({ modules, entries }: Bundle): ModuleGraph {
  const inputs = Object.entries(modules);
  return {
    entries,
    imports: Object.fromEntries(inputs.map(([path, { imports }]) => [path, targetsOf(imports)])),
    specifiers: Object.fromEntries(inputs.map(([path, input]) => [path, specifiersOf(input)])),
  };
}

export function specifiersOf({ imports }: Input): string[] {
  return [...new Set(imports.map(({ path, original = path }) => original))];
}

function targetsOf(imports: Input["imports"]): Targets {
  const inside = imports.filter(({ external }) => !external);
  return Object.fromEntries(inside.map(({ path, original = path }) => [original, path]));
}

export function targetOf(targets: Targets = {}, specifier: string): string | undefined {
  return Object.hasOwn(targets, specifier) ? targets[specifier] : undefined;
}

/** Below this a bundle is compiled in no time. Bytes of source. */
const WORTH_LINKING = 256 * 1024;

/** Below this, on average, to compile modules one by one takes much longer the first time than it saves later. Bytes of source. */
const WORTH_MODULE = 4 * 1024;

export function isWorthLinking(sizes: readonly number[]): boolean {
  const whole = sizes.reduce((sum, size) => sum + size, 0);
  return whole >= Math.max(WORTH_LINKING, sizes.length * WORTH_MODULE);
}

/** Whether the modules of a bundle may be run one by one. */
export function isLinkable({ modules }: Bundle): boolean {
  const inputs = Object.entries(modules);
  return (
    isWorthLinking(inputs.map(([, { bytes }]) => bytes)) &&
    inputs.every(([path, input]) => /\.[cm]?[jt]sx?$/.test(path) && isPlain(input))
  );
}

/** Whether it is no CommonJS, and nothing is loaded by a call. */
export function isPlain(input: Input): boolean {
  return (
    input.format !== "cjs" &&
    input.imports.every(({ kind, with: attributes }) => kind === "import-statement" && !attributes)
  );
}
