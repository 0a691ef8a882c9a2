import { SourceMap, type SourceMapPayload } from "node:module";
import { join, relative } from "node:path";
import { CleanSlateError } from "../errors.ts";

/** What is known of the code that failed. */
export interface FailedCode {
  readonly root: string;
  /** By what they are called in a stack. */
  readonly scripts: ReadonlyMap<string, FailedScript>;
  /** The file that imports a package; relative to the root. */
  readonly importerOf: (name: string) => string | null;
}

export interface FailedScript {
  /** Of a module by itself; null for a bundle. */
  readonly code: string | null;
  /** Makes its source map, as JSON. */
  readonly readMap: () => string;
}

/** What a model threw, as MODELS_INVALID with file and line. */
export function modelFailure(error: unknown, { root, scripts, importerOf }: FailedCode): CleanSlateError {
  const missing = missingModule(error);
  const importer = missing === null ? null : importerOf(missing);
  const frame = locate(root, error, scripts);
  const where = importer === null || frame.startsWith(`${importer}:`) ? frame : importer;
  const reason = error instanceof Error ? `${error.name}: ${error.message.split("\n")[0]}` : String(error);
  return new CleanSlateError("MODELS_INVALID", `${where}: ${reason}`, { cause: error, hint: hintFor(error) });
}

/** The name of a package that is not installed, when that is what went wrong. */
function missingModule(error: unknown): string | null {
  const message = error instanceof Error ? error.message : "";
  return /^Cannot find (?:module|package) '([^']+)'/.exec(message)?.[1] ?? null;
}

/** The first model line on the stack of what a model threw. */
function locate(root: string, error: unknown, scripts: FailedCode["scripts"]): string {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  for (const frame of stack.split("\n")) {
    const [, script] = [...scripts].find(([name]) => frame.includes(`${name}:`)) ?? [];
    const [, line, column] = (/:(\d+):(\d+)\)?$/.exec(frame) ?? []).map(Number);
    if (!script || !line || !column || isBeforeOwnCode(script.code, line, column)) continue;
    const map = new SourceMap(JSON.parse(script.readMap()) as SourceMapPayload);
    const entry = map.findEntry(line - 1, column - 1);
    if ("originalSource" in entry && entry.originalSource !== "<stdin>")
      return `${relative(root, join(root, entry.originalSource))}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  }
  return "a model file";
}

/** What esbuild puts there, for instance what hands out an export: who asks for it is further down. */
function isBeforeOwnCode(code: string | null, line: number, column: number): boolean {
  if (code === null) return false;
  const before = code.split("\n", line - 1).join("\n").length + (line > 1 ? 1 : 0);
  return before + column <= code.indexOf("module.exports=__toCommonJS(");
}

function hintFor(error: unknown): string {
  const message = error instanceof Error ? error.message : "";
  const missing = missingModule(error);
  if (missing !== null) return `npm install ${missing}`;
  if (/before initialization|of undefined/.test(message)) {
    return "two model files import each other: write references as a function, () => table.column";
  }
  return "mend the file, then run the command again";
}
