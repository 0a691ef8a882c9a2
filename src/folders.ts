import { existsSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** A folder and all above it, the nearest first: where Node and TypeScript look for what a file needs. */
export function ancestors(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...ancestors(parent)];
}

/** Every `node_modules` in which a package is looked for from a folder, whether it is there or not, the nearest first. */
export function modulesFolders(folder: string): string[] {
  return ancestors(folder).map((above) => join(above, "node_modules"));
}

/** The folder for what can be made again in a `node_modules`. */
export function cacheIn(modules: string): string {
  return join(modules, ".cache", "clean-slate");
}

/** That of a project, or of the workspace it belongs to. It need not be there; null where packages are installed nowhere. */
export function cacheFolderOf(root: string): string | null {
  const modules = modulesFolders(root).find((path) => existsSync(path));
  return modules === undefined ? null : cacheIn(modules);
}

/** What is in a folder; nothing when it cannot be read. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The path itself where nothing is there, or a link leads in a circle. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
