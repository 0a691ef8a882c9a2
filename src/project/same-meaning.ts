import { targetOf, type LinkedGraph, type ModuleGraph } from "./module-graph.ts";

const COPY = /\b__(?:toESM|reExport)\d*\(/g;
const COPY_OF = /\b__(toESM|reExport)\d*\((?:\w+,)?require\("([^"\\]+)"\)/g;

/** What is there before a module has run as far: a function, a name that is handed on, an enum whose values a bundle writes down. */
const EARLY = /\bfunction\b(?!")|:\(\)=>import_|\|\|\{\}\)|\b__(?:toESM|reExport)\d*\(/;

const OWN_EXPORTS =
  /\bmodule\.exports=__toCommonJS\d*\(|\b__reExport\d*\(\w+,require\("[^"\\]+"\),module\.exports\)/g;

/** The last statement: names for who reads them from the text. */
const NAMED_EXPORTS = "0&&(module.exports={";

/** `module` and `exports` where they are no property, no text and no key. */
const OTHER_EXPORTS = /(?<![\w$"'`]|(?<!\.)\.)(?:module|exports)\b(?!["'`])(?!(?<=[{,]\w+):)/;

/**
 * Whether a compiled module means by itself what it means in the bundle. One that copies what another exports (`import * as`, a default
 * import, `export *`) has it as it is at that moment, and in an object of its own: that is the same only where nobody can tell, in a
 * model file that hands on other model files and is imported by none. What a module in a circle imports is there when that has run; so
 * it may have nothing that can be asked for before.
 */
export function meansTheSame(graph: LinkedGraph, path: string, code: string): boolean {
  if (/\brequire\b(?!\("[^"\\]+"\))/.test(code)) return false;
  const own = code.slice(0, code.lastIndexOf(NAMED_EXPORTS));
  if (OTHER_EXPORTS.test(own.replaceAll(OWN_EXPORTS, ""))) return false;
  if (graph.circles.includes(path) && EARLY.test(code)) return false;
  return copiesNothing(graph, path, code);
}

function copiesNothing({ entries, imports }: ModuleGraph, path: string, code: string): boolean {
  const copies = [...code.matchAll(COPY_OF)];
  if (copies.length < (code.match(COPY)?.length ?? 0)) return false;
  const targets = imports[path] ?? {};
  const inside = copies.filter(([, , specifier = ""]) => targetOf(targets, specifier) !== undefined);
  if (inside.length === 0) return true;
  const isCollection =
    inside.every(([, kind]) => kind === "reExport") &&
    [path, ...Object.values(targets)].every((module) => entries.includes(module));
  return isCollection && !Object.values(imports).some((own) => Object.values(own).includes(path));
}
