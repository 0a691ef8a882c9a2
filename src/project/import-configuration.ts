import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { ancestors, modulesFolders } from "../folders.ts";

/**
 * Files that decide what an import in one of `folders` means, whether they are there or not: the `tsconfig.json` and `package.json`
 * of each folder and of all above it, and what they extend.
 */
export function importConfiguration(folders: Iterable<string>): string[] {
  const above = new Set([...folders].flatMap(ancestors));
  return [...above].flatMap((folder) => [
    ...extended(join(folder, "tsconfig.json")),
    join(folder, "package.json"),
  ]);
}

/** Whether an alias of a `tsconfig.json` has several targets: it means the first that is there, and any of them may appear. */
export function leavesAChoice(file: string): boolean {
  const [, paths = ""] = /"paths"\s*:\s*\{([^}]*)\}/.exec(textOf(file)) ?? [];
  return /\[[^\]]*"\s*,\s*"/.test(paths);
}

const DEEPEST = 10;

function extended(file: string, depth = 0): string[] {
  const [, value = ""] = /"extends"\s*:\s*(\[[^\]]*\]|"[^"]*")/.exec(textOf(file)) ?? [];
  const bases = depth < DEEPEST ? [...value.matchAll(/"([^"]+)"/g)].map(([, base = ""]) => base) : [];
  return [
    file,
    ...bases.flatMap((base) => candidates(file, base).flatMap((path) => extended(path, depth + 1))),
  ];
}

/** Where a base may lie: beside the file, or in a package of the nearest `node_modules` that has it. */
function candidates(file: string, base: string): string[] {
  const isPath = base.startsWith(".") || isAbsolute(base);
  if (isPath) return [resolve(dirname(file), base), resolve(dirname(file), `${base}.json`)];
  const places = modulesFolders(dirname(file)).map((folder) =>
    ["", ".json", "/tsconfig.json"].map((ending) => join(folder, base + ending)),
  );
  return places.find((paths) => paths.some((path) => existsSync(path))) ?? [];
}

/** Without comments, which may stand anywhere in a `tsconfig.json`. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8").replaceAll(STRING_OR_COMMENT, (text) =>
      text.startsWith('"') ? text : "",
    );
  } catch {
    return "";
  }
}

const STRING_OR_COMMENT = /"(?:[^"\\]|\\.)*"|\/\*[^]*?\*\/|\/\/.*/g;
