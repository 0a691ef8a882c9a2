import { openAuthority } from "../database/open.ts";
import { syncAndProve, type ProvenReplica } from "../database/prove-replica.ts";
import { readState, type State } from "../database/inspect.ts";
import { CleanSlateError } from "../errors.ts";
import { fingerprintOf } from "../schema/fingerprint.ts";
import { schemaFromCatalog } from "../schema/from-catalog.ts";
import type { Target } from "../database/target.ts";
import { targetOf, type Deps } from "./deps.ts";

export interface SyncResult extends ProvenReplica {
  readonly path: string;
  readonly host: string;
  readonly fingerprint: string;
}

/** Brings the replica to its primary's state and proves the two equal. Changes nothing on the primary. */
export async function syncTarget({ config, now, progress }: Deps): Promise<SyncResult> {
  const target = targetOf(config);
  if (target.kind !== "replica") {
    throw new CleanSlateError(
      "CONFIG_INVALID",
      "there is no replica to sync: TURSO_DATABASE_URL is not set",
      {
        hint: "set TURSO_DATABASE_URL and LOCAL_DB_PATH",
      },
    );
  }
  const { snapshot, bookkeeping } = await readPrimary(target);
  const fingerprint = fingerprintOf(schemaFromCatalog(snapshot.rows));
  const replica = await syncAndProve(
    target,
    { fingerprint, runId: bookkeeping["run_id"] ?? null, rows: snapshot.rows },
    { now, progress },
  );
  return { ...replica, path: target.path, host: target.primary.host, fingerprint };
}

async function readPrimary(target: Target): Promise<State> {
  const database = await openAuthority(target);
  try {
    return await readState(database, "primary");
  } finally {
    database.close();
  }
}
