import { closeSync, openSync, readSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CleanSlateError } from "../errors.ts";
import type { Rows } from "./database.ts";
import { redact } from "./network-failure.ts";
import type { SyncReply } from "./replica-worker.ts";
import { KILLED, startSyncWorker, type SyncWorker } from "./sync-worker.ts";
import type { Target } from "./target.ts";

export type ReplicaTarget = Extract<Target, { kind: "replica" }>;

export interface SyncOptions {
  /** Read on the replica after the sync. */
  readonly reads: readonly string[];
  /** Called while frames arrive. */
  readonly onProgress: (message: string) => void;
  /** One that was started beforehand. */
  readonly worker?: SyncWorker | undefined;
}

export interface Synced {
  /** The last frame of the primary's log the replica holds, where the protocol tells. */
  readonly frame: number | null;
  readonly reads: readonly Rows[];
  /** Resolves when the process that synced has let go of the replica's files. */
  readonly ended: Promise<void>;
}

/** Milliseconds between two looks at the files of a running sync. */
const WATCH_INTERVAL = 200;

/**
 * Syncs the replica from its primary in a child process. The child is killed when nothing moves for the target's timeout, and
 * tried again while the primary says that its answer is not ready. Throws TIMEOUT, REPLICA_BROKEN or what the network said.
 */
export async function syncReplica(target: ReplicaTarget, options: SyncOptions): Promise<Synced> {
  const deadline = performance.now() + target.primary.timeout;
  let { worker = startSyncWorker() } = options;
  for (let pause = 250; ; pause *= 2) {
    const reply = await runWorker(target, worker, options);
    if (reply.kind === "synced") return { frame: reply.frame, reads: reply.reads, ended: worker.ended };
    const isPassing = /snapshot not found|PrimaryHandshakeTimeout/.test(reply.message);
    if (!isPassing || performance.now() + pause > deadline) throw failureFromSync(target, reply.message);
    await sleep(pause);
    worker = startSyncWorker();
  }
}

async function runWorker(
  target: ReplicaTarget,
  worker: SyncWorker,
  options: SyncOptions,
): Promise<SyncReply> {
  const { path, primary } = target;
  await worker.started; // how long a process takes to start says nothing of the primary
  const stopWatching = watch(worker, target, options.onProgress);
  try {
    return await worker.sync({
      path: resolve(path),
      syncUrl: primary.endpoint,
      authToken: primary.authToken,
      reads: options.reads,
    });
  } finally {
    stopWatching();
  }
}

function watch(
  worker: SyncWorker,
  { path, primary }: ReplicaTarget,
  onProgress: SyncOptions["onProgress"],
): () => void {
  let seen = "";
  let movedAt = performance.now();
  const timer = setInterval(() => {
    const { frame, bytes } = replicaPosition(path);
    const now = `${frame ?? ""}:${bytes}`;
    if (now !== seen) {
      if (seen !== "")
        onProgress(`syncing the replica: frame ${frame ?? "?"}, ${Math.ceil(bytes / 1024)} KiB`);
      seen = now;
      movedAt = performance.now();
    } else if (performance.now() - movedAt > primary.timeout) {
      worker.kill();
    }
  }, WATCH_INTERVAL);
  return () => clearInterval(timer);
}

/** The frame the replica has reached (bytes 16 to 24 of libSQL's `-client_wal_index`; null in the other protocol) and its bytes on disk. */
export function replicaPosition(path: string): { readonly frame: number | null; readonly bytes: number } {
  const size = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return { frame: readFrame(`${path}-client_wal_index`), bytes: size(path) + size(`${path}-wal`) };
}

function readFrame(path: string): number | null {
  const buffer = Buffer.alloc(8);
  try {
    const file = openSync(path, "r");
    try {
      return readSync(file, buffer, 0, 8, 16) === 8 ? Number(buffer.readBigUInt64LE()) : null;
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}

function failureFromSync({ primary, path }: ReplicaTarget, message: string): CleanSlateError {
  const said = redact(message.replace(/Stack backtrace[^]*/i, "").trim(), primary).slice(0, 300);
  const { host, timeout } = primary;
  if (message === KILLED) {
    return new CleanSlateError(
      "TIMEOUT",
      `the sync of "${path}" from ${host} made no progress for ${timeout / 1000} s`,
      {
        hint: "check the network, or allow more with --timeout <seconds>",
      },
    );
  }
  if (/connect error|dns error|error trying to connect/i.test(said)) {
    return new CleanSlateError("CONNECTION_REFUSED", `the replica "${path}" cannot reach ${host}: ${said}`, {
      hint: "check the network, then: clean-slate sync",
    });
  }
  // A refused token ends here too, but by then it has been tried over HTTP.
  if (/PrimaryHandshakeTimeout/i.test(said)) {
    return new CleanSlateError("SERVER_FAILED", `${host} does not answer the replica "${path}": ${said}`, {
      hint: "clean-slate test-auth; a gateway in between may not pass replication on",
    });
  }
  if (/Unauthorized|Unauthenticated/i.test(said)) {
    return new CleanSlateError("AUTH_REJECTED", `${host} does not let the replica "${path}" in: ${said}`, {
      hint: "clean-slate test-auth",
    });
  }
  return new CleanSlateError(
    "REPLICA_BROKEN",
    `the replica "${path}" cannot be synced from ${host}: ${said}`,
    {
      hint: "clean-slate sync (a broken replica is set aside and made anew)",
    },
  );
}
