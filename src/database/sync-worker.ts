import { fork, type ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Started, SyncReply, SyncRequest } from "./replica-worker.ts";

/** A child process that can sync one replica, once. */
export interface SyncWorker {
  /** Resolves when the child can be asked, or has ended. */
  readonly started: Promise<void>;
  /** Resolves when the child has let go of the replica's files. */
  readonly ended: Promise<void>;
  /**
   * Tells of a success at once, of a failure when the child has ended. Never rejects for what happens in the child: a child that
   * ends or is killed has failed.
   */
  sync(request: SyncRequest): Promise<SyncReply>;
  kill(): void;
  /** Lets go of a worker that was not needed. */
  dismiss(): void;
}

/** What a killed worker answers. */
export const KILLED = "no progress";

/**
 * Starts a worker, which takes its time: worth doing while something else is waited for. From source it needs a TypeScript
 * loader; built, it lies beside this file. Its output is libSQL's own log.
 */
export function startSyncWorker(): SyncWorker {
  const isSource = import.meta.url.endsWith(".ts");
  const worker = new URL(isSource ? "./replica-worker.ts" : "./replica-worker.js", import.meta.url);
  const child = fork(fileURLToPath(worker), [], {
    execArgv: isSource ? ["--import", loaderUrl()] : [],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const reply = replyOf(child);
  const started = new Promise<void>((resolve) => {
    child.once("message", () => resolve());
    void reply.then(() => resolve());
  });
  const ended = new Promise<void>((resolve) => {
    child.once("error", () => resolve()).once("exit", () => resolve());
  });
  return {
    started,
    ended,
    sync: (request) => {
      if (child.connected) child.send(request, () => {}); // a child that is gone has answered by its exit
      return reply;
    },
    kill: () => void child.kill("SIGKILL"),
    dismiss: () => {
      if (child.connected) child.disconnect();
    },
  };
}

function loaderUrl(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
}

function replyOf(child: ChildProcess): Promise<SyncReply> {
  return new Promise((resolve) => {
    const fail = (message: string): void => resolve({ kind: "failed", message });
    let failure: string | null = null;
    child.on("message", (message: SyncReply | Started) => {
      if (message.kind === "synced") resolve(message);
      if (message.kind === "failed") failure = message.message;
    });
    child.once("error", (error) => fail(`the libSQL client did not start (${error.message})`));
    child.once("exit", (code, signal) =>
      fail(failure ?? (child.killed ? KILLED : `the libSQL client ended (${signal ?? `exit code ${code}`})`)),
    );
  });
}
