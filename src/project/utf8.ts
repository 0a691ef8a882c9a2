import { readFileSync } from "node:fs";

/**
 * Reads a text file without its byte order mark. Throws what the file system says, or a TypeError for bytes that are no UTF-8:
 * they would become question marks, and what editors write as UTF-16 would be read as nothing.
 */
export function readUtf8(path: string): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
}

/** Why a file could not be read, in parentheses, and what to do about it. */
export function unreadable(
  error: unknown,
  otherwise: string,
): { readonly reason: string; readonly hint: string } {
  if (error instanceof TypeError) return { reason: "it is not UTF-8 text", hint: "save the file as UTF-8" };
  return { reason: String((error as NodeJS.ErrnoException).code), hint: otherwise };
}
