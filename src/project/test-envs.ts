import { mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CleanSlateError } from "../errors.ts";
import { namesIn } from "../folders.ts";

/** What is written down of a throwaway environment. Its token is not: nobody can ask for it later. */
export interface TestEnvRecord {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  readonly url: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** Of the schema it was made with. */
  readonly fingerprint: string;
  /** Ends by itself after so many minutes without a request; null: never. */
  readonly idleMinutes: number | null;
  /** The file `--write-env` wrote; absolute. */
  readonly envFile: string | null;
}

/** Where the files of one environment lie. */
export interface TestEnvPlace {
  readonly folder: string;
  /** The server's databases. */
  readonly data: string;
  readonly keyFile: string;
  readonly log: string;
  /** For the application's embedded replica; the application makes it. */
  readonly replica: string;
}

const RECORD = "environment.json";
const NAME = /^[A-Za-z0-9][\w-]{0,39}$/;

/** Where an environment of this name lies, or would. Throws USAGE for a name that cannot be a folder's. */
export function testEnvPlace(root: string, name: string): TestEnvPlace {
  if (!NAME.test(name)) {
    throw new CleanSlateError("USAGE", `${JSON.stringify(name)} cannot be the name of an environment`, {
      hint: "use up to 40 letters, digits, - and _, for instance: clean-slate test-env create feature-x",
    });
  }
  const folder = join(parentOf(root), name);
  return {
    folder,
    data: join(folder, "data"),
    keyFile: join(folder, "key.pem"),
    log: join(folder, "sqld.log"),
    replica: join(folder, "replica.db"),
  };
}

/** Makes the folder of a new environment. Throws ENVIRONMENT_EXISTS, also when another process is just making it. */
export function claimTestEnv(root: string, name: string): TestEnvPlace {
  const place = testEnvPlace(root, name);
  mkdirSync(parentOf(root), { recursive: true, mode: 0o700 });
  try {
    mkdirSync(place.folder, { mode: 0o700 });
    return place;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new CleanSlateError("ENVIRONMENT_EXISTS", `the environment "${name}" is there already`, {
      cause: error,
      hint: `clean-slate test-env destroy ${name}, or choose another name`,
    });
  }
}

export function writeTestEnv({ folder }: TestEnvPlace, record: TestEnvRecord): void {
  writeFileSync(join(folder, RECORD), `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
}

/** The names of all environments, also of those that were never finished. */
export function listTestEnvNames(root: string): string[] {
  return namesIn(parentOf(root))
    .filter((name) => NAME.test(name))
    .toSorted();
}

/** What is written down of an environment; null when it was never finished. */
export function readTestEnv({ folder }: TestEnvPlace): TestEnvRecord | null {
  try {
    return JSON.parse(readFileSync(join(folder, RECORD), "utf8")) as TestEnvRecord;
  } catch {
    return null;
  }
}

/** Removes the files of an environment; the last one takes the folder of all with it. */
export function removeTestEnv(root: string, { folder }: TestEnvPlace): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  for (const parent of [parentOf(root), join(root, ".clean-slate")]) {
    try {
      rmdirSync(parent);
    } catch {
      return; // something else is in it
    }
  }
}

function parentOf(root: string): string {
  return join(root, ".clean-slate", "test-env");
}
