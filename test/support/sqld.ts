import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { close, listen } from "./http.ts";
import { createTemporaryFolder } from "./paths.ts";
import { findSqld } from "./sqld-binary.ts";

export { findSqld, skipSqld } from "./sqld-binary.ts";

const START_TIMEOUT_MS = 15_000;
const LOG_LIMIT = 20_000;
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

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts a libSQL server on a free port of 127.0.0.1 and waits until it is healthy. */
export async function startSqld(options: SqldOptions = {}): Promise<Sqld> {
  const binary = await findSqld();
  const temporary = await createTemporaryFolder("sqld");
  const dir = options.dir ?? join(temporary.dir, "databases");
  await mkdir(dir, { recursive: true });
  const keyFile = join(temporary.dir, "key.pem");
  if (options.auth) await writeFile(keyFile, options.auth.publicKeyPem);
  const auth = options.auth ? ["--auth-jwt-key-file", keyFile] : [];
  const start = (port: number) => startProcess(binary, { dir, port, auth });
  const started = await startOnFreePort(start).catch(async (error: unknown) => {
    await temporary[Symbol.asyncDispose]();
    throw error;
  });
  const { port } = started;
  let { server } = started;
  const kill = (signal: NodeJS.Signals = "SIGKILL") => endProcess(server.child, signal);
  const stop = () => kill("SIGTERM");
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    dir,
    get pid() {
      return hasEnded(server.child) ? undefined : server.child.pid;
    },
    get log() {
      return server.log();
    },
    stop,
    kill,
    async restart() {
      await stop();
      server = await start(port);
    },
    async [Symbol.asyncDispose]() {
      await kill();
      await temporary[Symbol.asyncDispose]();
    },
  };
}

/** Another process may take the port before the server does: then another one is tried. */
async function startOnFreePort(start: (port: number) => Promise<ServerProcess>, attempts = 5) {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      return { server: await start(port), port };
    } catch (error) {
      if (attempt === attempts || !String(error).includes("in use")) throw error;
    }
  }
}

interface ServerProcess {
  readonly child: ChildProcess;
  readonly log: () => string;
}

interface Place {
  readonly dir: string;
  readonly port: number;
  readonly auth: readonly string[];
}

/** Starts the server and waits until it is healthy. The environment is left out: SQLD_… variables would change what it does. */
async function startProcess(binary: string, { dir, port, auth }: Place): Promise<ServerProcess> {
  const place = ["--db-path", dir, "--http-listen-addr", `127.0.0.1:${port}`];
  const args = [...place, "--no-welcome", "--idle-shutdown-timeout-s", String(IDLE_SECONDS), ...auth];
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"], env: {} });
  running.add(child);
  child.once("exit", () => running.delete(child));
  let log = "";
  const keep = (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-LOG_LIMIT);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  child.on("error", (error) => keep(Buffer.from(String(error))));
  const server = { child, log: () => log };
  await untilHealthy(server, port);
  return server;
}

async function untilHealthy(server: ServerProcess, port: number): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (hasEnded(server.child)) throw new Error(`sqld ended before it was healthy:\n${server.log()}`);
    if (await isHealthy(port)) return;
    await sleep(5);
  }
  await endProcess(server.child, "SIGKILL");
  throw new Error(`sqld was not healthy after ${START_TIMEOUT_MS} ms:\n${server.log()}`);
}

function isHealthy(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2000) }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.ok;
    },
    () => false,
  );
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}

/** A port nothing listens on: sqld cannot choose one itself, it does not tell which it took. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await close(server);
  return port;
}
