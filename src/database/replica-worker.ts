import type { Rows } from "./database.ts";
import { connectReplica, rowsOf } from "./sqlite.ts";

/**
 * The only code that opens an embedded replica, in a process of its own: the native replica blocks the event loop, can hang
 * for ever and can abort its process (https://github.com/tursodatabase/libsql/issues/1224). The parent holds the watch.
 */
export interface SyncRequest {
  /** Of the replica's file; absolute. */
  readonly path: string;
  readonly syncUrl: string;
  readonly authToken: string | null;
  /** Run on the replica after the sync. */
  readonly reads: readonly string[];
}

/** Sent once, as soon as the worker can be asked. */
export interface Started {
  readonly kind: "started";
}

export type SyncReply =
  | {
      readonly kind: "synced";
      readonly frame: number | null;
      readonly reads: readonly Rows[];
    }
  | { readonly kind: "failed"; readonly message: string };

// Ctrl-C in a terminal reaches every process of the group; how this one ends is the parent's decision.
for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});

process.send?.({ kind: "started" } satisfies Started);
process.once("message", (request: SyncRequest) => {
  process.send?.(sync(request), () => process.disconnect());
});

function sync({ path, syncUrl, authToken, reads }: SyncRequest): SyncReply {
  try {
    const { connection, frame } = connectReplica(path, { syncUrl, authToken });
    const found = reads.map((sql) => rowsOf(connection, sql));
    connection.close();
    return { kind: "synced", frame, reads: found };
  } catch (error) {
    return { kind: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}
