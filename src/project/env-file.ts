import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { CleanSlateError } from "../errors.ts";

/** Variables as lines of an `.env` file. */
export function renderEnv(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${/^[\w./:+-]*$/.test(value) ? value : `"${value}"`}\n`)
    .join("");
}

/** Writes a new `.env` file only its owner can read. Throws WRITE_FAILED where a file is already: it may hold what is nowhere else. */
export function writeEnvFile(path: string, variables: Readonly<Record<string, string>>): void {
  try {
    writeFileSync(path, renderEnv(variables), { mode: 0o600, flag: "wx" });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CleanSlateError("WRITE_FAILED", `cannot write "${path}" (${code})`, {
      cause: error,
      hint:
        code === "EEXIST"
          ? "name a file that is not there yet, for instance --write-env .env.test"
          : "check its folder",
    });
  }
}

/** Removes an `.env` file while it still says what it was written to say. */
export function removeEnvFile(path: string, expected: Readonly<Record<string, string>>): void {
  try {
    const found = parseEnv(readFileSync(path, "utf8"));
    if (Object.entries(expected).every(([name, value]) => found[name] === value)) rmSync(path);
  } catch {
    // it is gone, which is what was wanted
  }
}
