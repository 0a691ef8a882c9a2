import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { ancestors, modulesFolders, realPath } from "../folders.ts";

/**
 * Files that decide what an import in one of `folders` means, whether they are there or not: the `tsconfig.json` (or `jsconfig.json`)
 * and `package.json` of each folder and of all above it, and what they extend.
 */
export function importConfiguration(folders: Iterable<string>): string[] {
  const above = new Set([...folders].flatMap(ancestors));
  return [...above].flatMap((folder) => [
    ...extended(join(folder, "tsconfig.json")),
    ...extended(join(folder, "jsconfig.json")),
    join(folder, "package.json"),
  ]);
}

/**
 * Whether what a configuration means cannot be told from the files above: an alias has several targets, of which it means the first that
 * is there, or stands for drizzle-orm as soon as its target is there; a package decides which of its files is extended; or it cannot be read as esbuild may read it.
 */
export function leavesAChoice(file: string): boolean {
  if (basename(file) === "package.json") return false;
  const config = parsed(file);
  if (config === null) return isFile(file);
  const aliases = Object.entries(config.compilerOptions?.paths ?? {});
  return (
    aliases.some(([pattern, own]) => isOfDrizzle(pattern) || (Array.isArray(own) && own.length > 1)) ||
    basesOf(config).some((base) => isChosen(file, base))
  );
}

/** Whether a `package.json` says which modules have no effects: the bundler leaves them out where nothing of them is used. */
export function leavesModulesOut(file: string): boolean {
  return (
    basename(file) === "package.json" && isFile(file) && readFileSync(file, "utf8").includes('"sideEffects"')
  );
}

/** What such files have an alias stand for, as they name it: a link on the way can be led elsewhere. */
export function aliasPlaces(configuration: readonly string[], aliases: readonly string[]): string[] {
  return configuration.flatMap((file) => {
    const { compilerOptions = {}, imports = {} } = parsed(file) ?? {};
    const base = textsIn(compilerOptions.baseUrl);
    const bases = foldersOf(file).flatMap((folder) => [folder, resolve(folder, ...base)]);
    const whole = base.map((): [string, string] => ["*", "*"]);
    const patterns = [...Object.entries(compilerOptions.paths ?? {}), ...Object.entries(imports), ...whole];
    return patterns.flatMap(([pattern, target]) => {
      const found = aliases.flatMap((alias) => matched(pattern, alias) ?? []);
      const targets = textsIn(target).flatMap((text) => found.map((part) => text.replace("*", () => part)));
      return targets.flatMap((path) => bases.map((folder) => resolve(folder, path)));
    });
  });
}

/** What would be meant by `drizzle-orm` as soon as it is there, besides what an alias stands for. */
export function drizzleShadows(configuration: readonly string[]) {
  const bases = configuration.flatMap((file) => {
    const base = textsIn(parsed(file)?.compilerOptions?.baseUrl);
    return base.flatMap((own) => foldersOf(file).map((folder) => resolve(folder, own, "drizzle-orm")));
  });
  const endings = [".tsx", ".ts", ".jsx", ".js", ".css", ".json"]; // that esbuild looks for
  return { folders: bases, files: bases.flatMap((base) => endings.map((ending) => base + ending)) };
}

function isOfDrizzle(pattern: string): boolean {
  return ["drizzle-orm", "drizzle-orm/sqlite-core"].some((name) => matched(pattern, name) !== null);
}

/** What the asterisk of a pattern stands for in an alias; null when it does not match. */
function matched(pattern: string, alias: string): string | null {
  const [before = "", after] = pattern.split("*");
  if (after === undefined) return alias === pattern ? "" : null;
  const isMatch = alias.length >= pattern.length - 1 && alias.startsWith(before) && alias.endsWith(after);
  return isMatch ? alias.slice(before.length, alias.length - after.length) : null;
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** As far as it is as it should be. */
interface Configuration {
  readonly extends?: unknown;
  readonly compilerOptions?: {
    readonly baseUrl?: unknown;
    readonly paths?: Readonly<Record<string, unknown>>;
  };
  /** Of a `package.json`. */
  readonly imports?: Readonly<Record<string, unknown>>;
}

/** Null where there is none, or none that can be understood. */
function parsed(file: string): Configuration | null {
  try {
    const text = readFileSync(file, "utf8").replace(/^\uFEFF/, "");
    const plain = text.replaceAll(STRING_OR_COMMENT, keepString).replaceAll(STRING_OR_COMMA, keepString);
    return JSON.parse(plain) as Configuration | null;
  } catch {
    return null;
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

const STRING_OR_COMMENT = /"(?:[^"\\]|\\.)*"|\/\*[^]*?\*\/|\/\/.*/g;
const STRING_OR_COMMA = /"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])/g;

function keepString(text: string): string {
  return text.startsWith('"') ? text : "";
}

function basesOf(config: Configuration): readonly string[] {
  return [config.extends].flat().filter((base) => typeof base === "string");
}

const DEEPEST = 10;

function extended(file: string, depth = 0): string[] {
  const config = depth < DEEPEST ? parsed(file) : null;
  const bases = config === null ? [] : basesOf(config);
  return [
    file,
    ...bases.flatMap((base) =>
      isPath(base)
        ? besides(file, base).flatMap((path) => extended(path, depth + 1))
        : inPackages(file, base).flatMap(({ manifest, paths }) => [
            manifest,
            ...paths.flatMap((path) => extended(path, depth + 1)),
          ]),
    ),
  ];
}

function isPath(base: string): boolean {
  return base.startsWith(".") || isAbsolute(base);
}

/** The folder a file is looked for in, and the one it lies in where a link leads there. */
function foldersOf(file: string): string[] {
  return [...new Set([dirname(file), dirname(realPath(file))])];
}

function besides(file: string, base: string): string[] {
  return foldersOf(file).flatMap((folder) => [resolve(folder, base), resolve(folder, `${base}.json`)]);
}

interface Place {
  /** Of the package. */
  readonly manifest: string;
  /** Where in it the base may lie. */
  readonly paths: readonly string[];
}

/** Where a package may have a base, up to the nearest `node_modules` that has it: what appears before that will be meant. */
function inPackages(file: string, base: string): Place[] {
  const [, name = base] = /^((?:@[^/]+\/)?[^/]+)/.exec(base) ?? [];
  return foldersOf(file).flatMap((folder) => {
    const places = modulesFolders(folder).map((modules) => ({
      manifest: join(modules, name, "package.json"),
      paths: ["", ".json", "/tsconfig.json"].map((ending) => join(modules, base + ending)),
    }));
    const nearest = places.findIndex(isThere);
    return nearest === -1 ? places : places.slice(0, nearest + 1);
  });
}

function isThere({ manifest, paths }: Place): boolean {
  return [manifest, ...paths].some((path) => existsSync(path));
}

/** Whether the package of a base may say itself which file that is. */
function isChosen(file: string, base: string): boolean {
  if (isPath(base)) return false;
  return inPackages(file, base).some(({ manifest }) => {
    const found = parsed(manifest) as { readonly exports?: unknown; readonly tsconfig?: unknown } | null;
    return found?.exports !== undefined || found?.tsconfig !== undefined;
  });
}
