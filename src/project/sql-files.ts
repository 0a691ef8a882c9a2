import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { CleanSlateError } from "../errors.ts";
import type { SqlFile } from "../schema/from-sql-files.ts";

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

/** Bytes that are not UTF-8 would become question marks in a database without a word. */
function readText(root: string, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(readFileSync(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = error instanceof TypeError ? "it is not UTF-8 text" : code;
    throw new CleanSlateError("MODELS_INVALID", `cannot read "${relative(root, path)}" (${reason})`, {
      cause: error,
      hint: error instanceof TypeError ? "save the file as UTF-8" : "check the permissions of the file",
    });
  }
}
