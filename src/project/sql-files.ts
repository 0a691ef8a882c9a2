import { existsSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { CleanSlateError } from "../errors.ts";
import type { SqlFile } from "../schema/from-sql-files.ts";
import { readUtf8, unreadable } from "./utf8.ts";

/** Reads every `*.sql` below the models folder, sorted by path. Throws MODELS_INVALID for a file that cannot be read or is not UTF-8. */
export function readSqlFiles(root: string, folder: string): SqlFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && entry.name.toLowerCase().endsWith(".sql"))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !relative(folder, path).split(/[\\/]/).includes("node_modules"))
    .toSorted()
    .map((path) => ({ file: relative(root, path), text: readText(root, path) }));
}

function readText(root: string, path: string): string {
  try {
    return readUtf8(path);
  } catch (error) {
    const { reason, hint } = unreadable(error, "check the permissions of the file");
    throw new CleanSlateError("MODELS_INVALID", `cannot read "${relative(root, path)}" (${reason})`, {
      cause: error,
      hint,
    });
  }
}
