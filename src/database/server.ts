import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { get } from "node:http";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { CleanSlateError } from "../errors.ts";
import { removeAtExit } from "./leftovers.ts";

export interface ServerOptions {
  /** The program, as `findServer` finds it. */
  readonly binary: string;
  /** The folder of its databases; made when it is missing. The default one is `dbs/default/data`. */
  readonly dir: string;
  /** A free one when not given. */
  readonly port?: number;
  /** A file with the public key of `TokenKeys`; without it everyone is let in. */
  readonly keyFile?: string;
  /** The server ends by itself after so many seconds without a request; never when not given. */
  readonly idleSeconds?: number;
  /** Makes a server that can outlive this process, see `leave`, and writes its log into this file. */
  readonly detachedLog?: string;
}

/** A libSQL server (sqld) that answers. */
export interface Server {
  readonly url: string;
  readonly port: number;
  /** Undefined once it has ended. */
  readonly pid: number | undefined;
  /** What it wrote, the newest part. */
  readonly log: string;
  /** Ends it with a signal and waits until it has. */
  readonly end: (signal: NodeJS.Signals) => Promise<void>;
  /** From now on it does not end with this process; for one with a `detachedLog`. */
  readonly leave: () => void;
}

const START_TIMEOUT = 15_000;
const LOG_LIMIT = 20_000;
/** Milliseconds between two looks at a server that starts. */
const LOOK_INTERVAL = 2;
const ATTEMPTS = 5;

/** Starts a libSQL server on 127.0.0.1 and waits until it is healthy; it ends with this process. Throws SERVER_FAILED with its log. */
export async function startServer(options: ServerOptions): Promise<Server> {
  mkdirSync(options.dir, { recursive: true, mode: 0o700 });
  if (options.port !== undefined) return startOn(options, options.port);
  // Another process may take the port before the server does: then another one is tried.
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOn(options, await freePort());
    } catch (error) {
      if (attempt === ATTEMPTS || !String(error).includes("in use")) throw error;
    }
  }
}

/** True when something on this port of 127.0.0.1 says that it is healthy. */
function isHealthy(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(
      { host: "127.0.0.1", port, path: "/health", agent: false, timeout: 2000 },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      },
    );
    request.once("error", () => resolve(false));
    request.once("timeout", () => request.destroy());
  });
}

async function startOn(options: ServerOptions, port: number): Promise<Server> {
  const { child, log, leave } = launch(options, port);
  await untilHealthy(child, port, log);
  letGo(child);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    get pid() {
      return hasEnded(child) ? undefined : child.pid;
    },
    get log() {
      return log();
    },
    end: (signal) => endProcess(child, signal),
    leave,
  };
}

/** A server that was forgotten keeps no process from ending. */
function letGo(child: ChildProcess): void {
  child.unref();
  for (const stream of [child.stdout, child.stderr] as (Socket | null)[]) stream?.unref();
}

interface Launched {
  readonly child: ChildProcess;
  readonly log: () => string;
  /** Has it outlive this process. */
  readonly leave: () => void;
}

/** It ends with this process, also before it is healthy. */
function launch(options: ServerOptions, port: number): Launched {
  const { binary, detachedLog } = options;
  const args = argumentsOf(options, port);
  const { child, log } =
    detachedLog === undefined ? spawnPiped(binary, args) : spawnDetached(binary, args, detachedLog);
  const leave = removeAtExit(() => child.kill("SIGKILL"));
  child.once("exit", leave);
  return { child, log, leave };
}

/** The environment is left out: SQLD_… variables would change what the server does. */
function spawnDetached(binary: string, args: string[], path: string): Omit<Launched, "leave"> {
  const file = openSync(path, "a", 0o600);
  const child = spawn(binary, args, { stdio: ["ignore", file, file], env: {}, detached: true });
  child.on("error", () => {}); // seen as a child without a pid
  closeSync(file);
  return { child, log: () => readFileSync(path, "utf8").slice(-LOG_LIMIT) };
}

function spawnPiped(binary: string, args: string[]): Omit<Launched, "leave"> {
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"], env: {} });
  let log = "";
  const keep = (chunk: Buffer | Error): void => {
    log = (log + String(chunk)).slice(-LOG_LIMIT);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  child.on("error", keep);
  return { child, log: () => log };
}

function argumentsOf({ dir, keyFile, idleSeconds }: ServerOptions, port: number): string[] {
  return [
    "--no-welcome",
    "--db-path",
    dir,
    "--http-listen-addr",
    `127.0.0.1:${port}`,
    ...(idleSeconds === undefined ? [] : ["--idle-shutdown-timeout-s", String(idleSeconds)]),
    ...(keyFile === undefined ? [] : ["--auth-jwt-key-file", keyFile]),
  ];
}

async function untilHealthy(child: ChildProcess, port: number, log: () => string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT;
  while (Date.now() < deadline) {
    if (hasEnded(child)) throw failure("ended before it was healthy", log());
    if (await isHealthy(port)) return;
    await sleep(LOOK_INTERVAL);
  }
  await endProcess(child, "SIGKILL");
  throw failure(`was not healthy after ${START_TIMEOUT / 1000} s`, log());
}

function failure(what: string, log: string): CleanSlateError {
  return new CleanSlateError("SERVER_FAILED", `sqld ${what}:\n${log}`, {
    hint: "check that the program is sqld 0.24 or newer, and that its folder can be written",
  });
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, "exit");
  child.ref();
  child.kill(signal);
  await ended;
}

/** A port nothing listens on: sqld cannot choose one itself, it does not tell which it took. */
async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
