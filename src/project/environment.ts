import { parseEnv } from "node:util";
import { CleanSlateError } from "../errors.ts";
import { readUtf8, unreadable } from "./utf8.ts";

/** Where a setting came from, in the words the user knows: `--database`, `environment`, `.env`, `default`. */
export type Origin = string;

export interface Setting<T> {
  readonly value: T;
  readonly origin: Origin;
}

/** The variables of the process and of the `.env` file, each value with its origin. */
export interface Environment {
  get(name: string): Setting<string> | null;
  /** True in continuous integration (`CI` set to anything but 0 or false). */
  readonly isCI: boolean;
}

/** The only reader of `process.env`. An empty variable counts as unset; the process wins over the file. */
export function readEnvironment(envFile: string, isRequired: boolean): Environment {
  const file = readEnvFile(envFile, isRequired);
  const { env } = process;
  return {
    get: (name) => {
      if (env[name]) return { value: env[name], origin: "environment" };
      return file[name] ? { value: file[name], origin: envFile } : null;
    },
    isCI: ![undefined, "", "0", "false"].includes(env["CI"]),
  };
}

/** Tells packages that know neither NO_COLOR nor our flag (prompts is one) to write plain text; for those loaded from now on. */
export function withoutColor(): void {
  process.env["FORCE_COLOR"] = "0";
}

function readEnvFile(path: string, isRequired: boolean): NodeJS.Dict<string> {
  try {
    const text = readUtf8(path);
    // UTF-16 without its mark; unread, its variables would be missing, and another database would be meant.
    if (text.includes("\0")) throw new TypeError("a NUL character");
    return parseEnv(text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT" && !isRequired) return {};
    const otherwise = isRequired
      ? "check the path given with --env-file"
      : `make "${path}" readable, or move it away`;
    const { reason, hint } = unreadable(error, otherwise);
    throw new CleanSlateError("CONFIG_INVALID", `cannot read the environment file "${path}" (${reason})`, {
      cause: error,
      hint,
    });
  }
}

/** Runs something with variables of the process set that are not, for a child process it starts. */
export function withVariables<T>(variables: Readonly<Record<string, string>>, run: () => T): T {
  const added = Object.entries(variables).filter(([name]) => process.env[name] === undefined);
  for (const [name, value] of added) process.env[name] = value;
  try {
    return run();
  } finally {
    for (const [name] of added) delete process.env[name];
  }
}

/** A variable of the process, for what no `.env` file decides; null when it is unset or empty. */
export function readVariable(name: string): string | null {
  return process.env[name] || null;
}
