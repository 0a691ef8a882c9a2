import type { Rows } from "../database/database.ts";
import { READ_SNAPSHOT, snapshotFromReads } from "../database/inspect.ts";
import { damageIn } from "../database/integrity.ts";
import { CleanSlateError } from "../errors.ts";
import { fingerprintOf } from "../schema/fingerprint.ts";
import { schemaFromCatalog } from "../schema/from-catalog.ts";
import { isSameCatalog } from "../schema/same-catalog.ts";
import type { CatalogRow } from "../schema/types.ts";

/** What a database is to hold. */
export interface ProvenContent {
  readonly rows: readonly CatalogRow[];
  readonly fingerprint: string;
}

/** What is read after a commit. */
export const PROOF_READS: readonly string[] = [...READ_SNAPSHOT, "PRAGMA integrity_check"];

/** The same where no foreign key may dangle: in a rebuilt database there is nothing that could. */
export const STRICT_PROOF_READS: readonly string[] = [...PROOF_READS, "PRAGMA foreign_key_check"];

/** Compares what one of the two lists read after a commit with what was to be made. Throws PROOF_FAILED. */
export function proveContent(content: ProvenContent, reads: readonly Rows[]): void {
  const reason = differenceFrom(content, reads);
  if (reason === null) return;
  throw new CleanSlateError("PROOF_FAILED", reason, { hint: "clean-slate db-info shows what it holds" });
}

function differenceFrom(content: ProvenContent, reads: readonly Rows[]): string | null {
  const { rows } = snapshotFromReads(reads);
  const [integrity, foreignKeys = []] = reads.slice(READ_SNAPSHOT.length);
  const damage = damageIn(integrity);
  if (damage !== null) return `integrity_check says: ${damage}`;
  if (foreignKeys.length > 0) return `foreign_key_check finds ${foreignKeys.length} rows`;
  if (isSameCatalog(rows, content.rows)) return null;
  const fingerprint = fingerprintOf(schemaFromCatalog(rows));
  return fingerprint === content.fingerprint
    ? null
    : `its fingerprint is ${fingerprint}, not ${content.fingerprint}`;
}
