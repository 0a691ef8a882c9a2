import * as nodeModule from "node:module";

/**
 * A preload (`node --require clean-slate/register`, Vitest's `execArgv`) that makes `import "drizzle-orm"` several times faster on
 * Node 22 and newer, which parse the package's large package.json again for each of its files
 * (https://github.com/nodejs/node/issues/58126). An import of one of its files by another needs no package.json: it is resolved
 * here. Where Node has no such hooks (Node 20, which is not slow) nothing happens.
 */
type Resolve = (specifier: string, context: Context, next: NextResolve) => Resolved;
type NextResolve = (specifier: string, context: Context) => Resolved;

interface Context {
  readonly parentURL?: string | undefined;
}

interface Resolved {
  readonly url: string;
  readonly format?: string;
  readonly shortCircuit?: boolean;
}

const INSIDE = "/node_modules/drizzle-orm/";

const resolve: Resolve = (specifier, context, next) => {
  const { parentURL } = context;
  const isOwn = parentURL?.includes(INSIDE) && /^\.\.?\//.test(specifier);
  const format = isOwn ? formatOf(specifier) : null;
  if (!isOwn || format === null) return next(specifier, context);
  return { url: new URL(specifier, parentURL).href, format, shortCircuit: true };
};

/** The package says `"type": "module"`. */
function formatOf(specifier: string): string | null {
  if (/\.m?js$/.test(specifier)) return "module";
  return specifier.endsWith(".cjs") ? "commonjs" : null;
}

// @types/node of the oldest supported Node does not know it.
const { registerHooks } = nodeModule as { registerHooks?: (hooks: { readonly resolve: Resolve }) => void };
registerHooks?.({ resolve });
