import type { Rows } from "../database/database.ts";
import { READ_SNAPSHOT, snapshotFromReads } from "../database/inspect.ts";
import { CleanSlateError } from "../errors.ts";
import { fingerprintOf } from "../schema/fingerprint.ts";
import { schemaFromCatalog } from "../schema/from-catalog.ts";
import { isSameCatalog } from "../schema/same-catalog.ts";
import type { Blueprint } from "./blueprint.ts";

/** What is read after the commit. */
export const PROOF_READS: readonly string[] = [
  ...READ_SNAPSHOT,
  "PRAGMA integrity_check",
  "PRAGMA foreign_key_check",
];

/** Compares what was read after a commit with what was to be made. Throws PROOF_FAILED. */
export function proveRebuild(blueprint: Blueprint, reads: readonly Rows[]): void {
  const { rows } = snapshotFromReads(reads);
  const [integrity, foreignKeys] = reads.slice(READ_SNAPSHOT.length);
  const verdict = String(integrity?.[0]?.["integrity_check"]);
  if (verdict !== "ok") throw failure(`integrity_check says: ${verdict}`);
  if (foreignKeys?.length !== 0)
    throw failure(`foreign_key_check finds ${foreignKeys?.length ?? "unreadable"} rows`);
  if (isSameCatalog(rows, blueprint.rows)) return;
  const fingerprint = fingerprintOf(schemaFromCatalog(rows));
  if (fingerprint !== blueprint.fingerprint)
    throw failure(`its fingerprint is ${fingerprint}, not ${blueprint.fingerprint}`);
}

function failure(reason: string): CleanSlateError {
  return new CleanSlateError(
    "PROOF_FAILED",
    `the database was rebuilt and is not what it should be: ${reason}`,
    {
      hint: "clean-slate db-info shows how it differs from the models",
    },
  );
}
