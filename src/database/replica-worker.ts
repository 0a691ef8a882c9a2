import { createClient } from "@libsql/client/sqlite3";

/**
 * The only code that opens an embedded replica, in a process of its own: the native replica blocks the event loop, can hang
 * for ever and can abort its process (https://github.com/tursodatabase/libsql/issues/1224). The parent holds the watch.
 */
export interface SyncRequest {
  /** `file:` URL of the replica. */
  readonly url: string;
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
      readonly reads: readonly (readonly Record<string, unknown>[])[];
    }
  | { readonly kind: "failed"; readonly message: string };

// Ctrl-C in a terminal reaches every process of the group; how this one ends is the parent's decision.
for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});

process.send?.({ kind: "started" } satisfies Started);
process.once("message", (request: SyncRequest) => {
  void sync(request).then((reply) => process.send?.(reply, () => process.disconnect()));
});

async function sync({ url, syncUrl, authToken, reads }: SyncRequest): Promise<SyncReply> {
  try {
    const client = createClient({ url, syncUrl, ...(authToken !== null && { authToken }) });
    const position = await client.sync();
    const results = [];
    for (const sql of reads) {
      const { rows, columns } = await client.execute(sql);
      results.push(rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]]))));
    }
    client.close();
    return { kind: "synced", frame: position?.frame_no ?? null, reads: results };
  } catch (error) {
    return { kind: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}
