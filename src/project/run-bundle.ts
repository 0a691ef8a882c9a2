import { createRequire } from "node:module";
import { join } from "node:path";
import { compileFunction } from "node:vm";
import { importerIn, type Bundle } from "./bundle.ts";
import { BUNDLE_NAME, exportsOf, type ModelScope, type Namespace } from "./model-scope.ts";
import type { Run } from "./run-modules.ts";

/** Runs a bundle; returns what each model file exports. Throws what a model throws. */
export function runBundle(root: string, bundle: Bundle, scope: ModelScope): Run {
  const require = (id: string): unknown =>
    scope.requirePackage(id, () => createRequire(join(root, importerIn(bundle, id) ?? BUNDLE_NAME)));
  const module = { exports: {} as Record<string, Namespace> };
  const own = { ...scope.globals, exports: module.exports, require, module };
  const run = compileFunction(bundle.code, Object.keys(own), { filename: join(root, BUNDLE_NAME) }) as (
    ...values: unknown[]
  ) => void;
  run(...Object.values(own));
  const exported = bundle.entries.map((_, index) => exportsOf(module.exports[`f${index}`] ?? {}));
  return { exported, compiled: () => new Map() };
}
