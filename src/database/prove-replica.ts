import { CleanSlateError } from "../errors.ts";
import { READ_BOOKKEEPING } from "../plan/bookkeeping.ts";
import { fingerprintOf } from "../schema/fingerprint.ts";
import { schemaFromCatalog } from "../schema/from-catalog.ts";
import { isSameCatalog } from "../schema/same-catalog.ts";
import type { CatalogRow } from "../schema/types.ts";
import { bookkeepingFromRows, READ_SNAPSHOT, snapshotFromReads } from "./inspect.ts";
import { damageIn } from "./integrity.ts";
import { replicaState, setAside } from "./replica-files.ts";
import { syncReplica, type ReplicaTarget, type Synced } from "./replica.ts";
import type { SyncWorker } from "./sync-worker.ts";

/** What the primary holds and the replica must hold after a sync. */
export interface Expected {
  readonly fingerprint: string;
  /** The run that made it; null when the primary was never rebuilt. */
  readonly runId: string | null;
  /** The primary's catalog: a replica that is equal to the letter needs no parsing. */
  readonly rows: readonly CatalogRow[];
}

export interface ProvenReplica {
  readonly frame: number | null;
  /** Where the files of an unusable replica were moved; null when it was usable. */
  readonly setAside: string | null;
}

export interface ProveOptions {
  readonly now: () => Date;
  readonly progress: (message: string) => void;
  /** For the first attempt, when one was started beforehand. */
  readonly worker?: SyncWorker | undefined;
}

/**
 * Syncs the replica and proves it equal to the primary: same fingerprint, same run, sound pages. A replica that cannot be
 * brought there is set aside, never deleted, and made anew once. Throws PROOF_FAILED when that differs too.
 */
export async function syncAndProve(
  target: ReplicaTarget,
  expected: Expected,
  options: ProveOptions,
): Promise<ProvenReplica> {
  const state = replicaState(target.path);
  const moved = state.kind === "broken" ? setAside(target.path, options.now()) : null;
  const first = await attemptSync(target, expected, options);
  if (first.fault === null) return { frame: first.frame, setAside: moved };
  if (state.kind !== "whole") throw first.fault;
  options.progress(`making the replica anew: ${first.fault.message}`);
  const aside = setAside(target.path, options.now());
  const second = await attemptSync(target, expected, { ...options, worker: undefined });
  if (second.fault === null) return { frame: second.frame, setAside: aside };
  throw second.fault;
}

type Attempt = { readonly fault: null; readonly frame: number | null } | { readonly fault: CleanSlateError };

/** A fault here is one that a fresh replica may mend, told when nobody has the files open; all others are thrown. */
async function attemptSync(
  target: ReplicaTarget,
  expected: Expected,
  { progress, worker }: ProveOptions,
): Promise<Attempt> {
  progress(`syncing the replica from ${target.primary.host}`);
  const reads = [
    ...READ_SNAPSHOT,
    "SELECT integrity_check FROM pragma_integrity_check",
    ...(expected.runId === null ? [] : [READ_BOOKKEEPING]),
  ];
  try {
    const synced = await syncReplica(target, { reads, onProgress: progress, worker });
    const difference = differenceFrom(expected, synced);
    if (difference === null) return { fault: null, frame: synced.frame };
    await synced.ended;
    return {
      fault: new CleanSlateError("PROOF_FAILED", `the replica "${target.path}" ${difference}`, {
        hint: "clean-slate sync",
      }),
    };
  } catch (error) {
    if (error instanceof CleanSlateError && error.code === "REPLICA_BROKEN") return { fault: error };
    throw error;
  }
}

function differenceFrom(expected: Expected, { reads }: Synced): string | null {
  const [, , integrity, bookkeeping] = reads;
  const damage = damageIn(integrity);
  if (damage !== null) return `is damaged: ${damage}`;
  const { rows } = snapshotFromReads(reads);
  if (!isSameCatalog(rows, expected.rows)) {
    const fingerprint = fingerprintOf(schemaFromCatalog(rows));
    if (fingerprint !== expected.fingerprint)
      return `has the schema ${fingerprint}, the primary ${expected.fingerprint}`;
  }
  const runId = bookkeepingFromRows(bookkeeping)["run_id"] ?? null;
  return expected.runId === null || runId === expected.runId
    ? null
    : `holds the run ${runId ?? "(none)"}, the primary ${expected.runId}`;
}
