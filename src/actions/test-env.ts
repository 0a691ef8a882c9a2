import { relative, resolve } from "node:path";
import { writeFileSync } from "node:fs";
import { removeAtExit } from "../database/leftovers.ts";
import { openRemote } from "../database/remote.ts";
import { findServer } from "../database/server-binary.ts";
import { endStarted, isRunning } from "../database/server-process.ts";
import { startServer, type Server } from "../database/server.ts";
import { primaryFromUrl } from "../database/target.ts";
import { createCredentials } from "../database/token-keys.ts";
import { CleanSlateError } from "../errors.ts";
import { readVariable } from "../project/environment.ts";
import { removeEnvFile, writeEnvFile } from "../project/env-file.ts";
import { loadSeed, type LoadedSeed } from "../project/seed.ts";
import {
  claimTestEnv,
  listTestEnvNames,
  readTestEnv,
  removeTestEnv,
  testEnvPlace,
  writeTestEnv,
  type TestEnvPlace,
  type TestEnvRecord,
} from "../project/test-envs.ts";
import { blueprintFromModels, type Blueprint } from "./blueprint.ts";
import type { Deps } from "./deps.ts";
import { runSeed } from "./run-seed.ts";

export interface CreateTestEnvOptions {
  readonly name: string;
  /** An `.sql` file or a module; see `loadSeed`. */
  readonly seed?: string | undefined;
  /** The server ends after so many minutes without a request. */
  readonly idleMinutes?: number | undefined;
  /** Where to write the variables instead of returning the token. */
  readonly writeEnv?: string | undefined;
}

export interface CreatedTestEnv extends TestEnvRecord {
  /** For instance `6 tables, 9 indexes, 1 view`. */
  readonly creates: string;
  /** The variables an application needs; the token is left out when they were written into a file. */
  readonly variables: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

/**
 * Starts a libSQL server of its own that holds the models' schema, and the seed's rows, and outlives this process. Throws
 * ENVIRONMENT_EXISTS for a name in use; what fails leaves nothing behind.
 */
export async function createTestEnv(deps: Deps, options: CreateTestEnvOptions): Promise<CreatedTestEnv> {
  const { config, now } = deps;
  const { root } = config;
  const at = now();
  const binary = findServer({ root, given: readVariable("SQLD_PATH") });
  const seed = options.seed === undefined ? null : await loadSeed(root, options.seed);
  const blueprint = await blueprintFromModels(config, at);
  const place = claimTestEnv(root, options.name);
  let server: Server | undefined;
  const forget = removeAtExit(() => removeTestEnv(root, place));
  try {
    const { publicKeyPem, authToken } = createCredentials();
    writeFileSync(place.keyFile, publicKeyPem, { mode: 0o600 });
    deps.progress("starting the server");
    server = await startServer({
      binary,
      dir: place.data,
      keyFile: place.keyFile,
      detachedLog: place.log,
      ...(options.idleMinutes !== undefined && { idleSeconds: Math.ceil(options.idleMinutes * 60) }),
    });
    await fill({ deps, server, authToken, blueprint, seed, seedFile: options.seed });
    const created = record({ deps, options, place, server, authToken, blueprint, at });
    server.leave();
    return created;
  } catch (error) {
    await server?.end("SIGKILL");
    removeTestEnv(root, place);
    throw error;
  } finally {
    forget();
  }
}

interface Filling {
  readonly deps: Deps;
  readonly server: Server;
  readonly authToken: string;
  readonly blueprint: Blueprint;
  readonly seed: LoadedSeed | null;
  readonly seedFile: string | undefined;
}

async function fill({ deps, server, authToken, blueprint, seed, seedFile = "" }: Filling): Promise<void> {
  const { root, timeout, casing } = deps.config;
  const database = openRemote(primaryFromUrl(server.url, authToken, timeout.value));
  const outcome = await database.transact(
    blueprint.statements.map(({ sql }) => sql),
    [],
  );
  if (outcome.kind !== "committed") throw outcome.error;
  if (seed === null) return;
  deps.progress("running the seed");
  await runSeed(seed, { root, file: seedFile, url: server.url, authToken, casing: casing?.value });
}

interface Making {
  readonly deps: Deps;
  readonly options: CreateTestEnvOptions;
  readonly place: TestEnvPlace;
  readonly server: Server;
  readonly authToken: string;
  readonly blueprint: Blueprint;
  readonly at: Date;
}

function record({ deps, options, place, server, authToken, blueprint, at }: Making): CreatedTestEnv {
  const { root } = deps.config;
  const { name, idleMinutes = null, writeEnv } = options;
  const { url, port, pid = 0 } = server;
  const variables = {
    TURSO_DATABASE_URL: url,
    TURSO_AUTH_TOKEN: authToken,
    LOCAL_DB_PATH: relative(root, place.replica),
  };
  const envFile = writeEnv === undefined ? null : resolve(root, writeEnv);
  const { fingerprint } = blueprint;
  const made = { name, pid, port, url, createdAt: at.toISOString(), fingerprint, idleMinutes, envFile };
  writeTestEnv(place, made);
  if (envFile !== null) writeEnvFile(envFile, variables);
  const { TURSO_AUTH_TOKEN: _, ...open } = variables;
  const { creates, warnings } = blueprint;
  return {
    ...made,
    creates,
    variables: envFile === null ? variables : open,
    warnings,
  };
}

export interface TestEnvState extends TestEnvRecord {
  readonly alive: boolean;
  /** Absolute. */
  readonly folder: string;
}

/** Every environment of the project, and whether its server still runs. */
export function listTestEnvs({ config }: Deps): readonly TestEnvState[] {
  return listTestEnvNames(config.root).flatMap((name) => {
    const place = testEnvPlace(config.root, name);
    const found = readTestEnv(place);
    return found
      ? [{ ...found, alive: isRunning({ pid: found.pid, dir: place.data }), folder: place.folder }]
      : [];
  });
}

/** Ends the named environments, or all with null, and removes their files. Throws ENVIRONMENT_NOT_FOUND. */
export async function destroyTestEnvs(
  { config }: Deps,
  names: readonly string[] | null,
): Promise<readonly string[]> {
  const { root } = config;
  const known = listTestEnvNames(root);
  for (const name of names ?? []) {
    testEnvPlace(root, name);
    if (!known.includes(name)) throw notFound(name, known);
  }
  const chosen = names ?? known;
  for (const name of chosen) await destroy(root, name);
  return chosen;
}

async function destroy(root: string, name: string): Promise<void> {
  const place = testEnvPlace(root, name);
  const found = readTestEnv(place);
  if (found) await endStarted({ pid: found.pid, dir: place.data });
  if (found?.envFile) removeEnvFile(found.envFile, { TURSO_DATABASE_URL: found.url });
  removeTestEnv(root, place);
}

function notFound(name: string, known: readonly string[]): CleanSlateError {
  return new CleanSlateError("ENVIRONMENT_NOT_FOUND", `there is no environment "${name}"`, {
    hint:
      known.length > 0
        ? `clean-slate test-env list (there is ${known.join(", ")})`
        : `clean-slate test-env create ${name}`,
  });
}
