import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { CleanSlateError } from "../errors.ts";
import { cacheFolderOf, modulesFolders } from "../folders.ts";
import type { DrizzleApi } from "../schema/drizzle.ts";
import type { Esbuild } from "./bundle.ts";
import { placeIfPossible, removeIfPossible } from "./cache-folder.ts";

/**
 * Loads the project's drizzle-orm. Its `sqlite-core` is some hundred small files whose loading costs more than all the rest
 * of a run, so one bundled copy per version is kept in the cache folder, made again whenever it is missing.
 */
export function loadDrizzle(root: string, esbuild: Esbuild): DrizzleApi {
  const require = createRequire(join(root, "package.json"));
  const bundled = bundledCopy(root, esbuild);
  const copy = bundled === null ? null : loadCopy(require, bundled);
  return copy ?? { orm: require("drizzle-orm"), core: require("drizzle-orm/sqlite-core") };
}

/** A copy that was cut (a disk that was full, power that failed) is removed, and made again on the next run. */
function loadCopy(require: NodeJS.Require, path: string): DrizzleApi | null {
  try {
    const api = require(path) as Partial<DrizzleApi>;
    if (typeof api.core?.sqliteTable === "function" && typeof api.orm?.is === "function")
      return api as DrizzleApi;
  } catch {
    // the same as a copy without what it should hold
  }
  removeIfPossible(path);
  return null;
}

/** The manifest of the project's drizzle-orm, by the path Node looks for it, which may be a link: another content is another version. */
export function drizzleManifest(root: string): string {
  return installedManifest(root) ?? join(findPackage(root), "package.json");
}

function installedManifest(root: string): string | null {
  const paths = modulesFolders(root).map((folder) => join(folder, "drizzle-orm", "package.json"));
  return paths.find((path) => existsSync(path)) ?? null;
}

/** Leaves Node's resolution out where looking where it looks is enough: it reads a manifest of some hundred exports. */
function findPackage(root: string): string {
  const manifest = installedManifest(root);
  if (manifest !== null) return dirname(realpathSync(manifest));
  try {
    return dirname(createRequire(join(root, "package.json")).resolve("drizzle-orm"));
  } catch (error) {
    throw new CleanSlateError("MODELS_INVALID", "drizzle-orm is not installed in this project", {
      cause: error,
      hint: "npm install drizzle-orm",
    });
  }
}

/** The path of the bundled copy; null where none can be written (a read-only install), which costs time only. */
function bundledCopy(root: string, esbuild: Esbuild): string | null {
  const folder = findPackage(root);
  const cache = cacheFolderOf(root);
  if (cache === null) return null;
  const manifest = readFileSync(join(folder, "package.json"));
  const key = createHash("sha256").update(folder).update(manifest).digest("hex").slice(0, 16);
  const path = join(cache, `drizzle-${key}.cjs`);
  if (existsSync(path)) return path;
  try {
    return placeIfPossible(path, bundleDrizzle(folder, esbuild)) ? path : null;
  } catch {
    return null;
  }
}

function bundleDrizzle(folder: string, esbuild: Esbuild): string {
  const { outputFiles } = esbuild.buildSync({
    stdin: {
      contents: `export * as orm from "drizzle-orm"; export * as core from "drizzle-orm/sqlite-core";`,
      resolveDir: folder,
    },
    bundle: true,
    write: false,
    minifySyntax: true,
    minifyWhitespace: true,
    format: "cjs",
    platform: "node",
    target: "node20",
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}
