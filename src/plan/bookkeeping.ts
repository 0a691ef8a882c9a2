import { identifier } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { BOOKKEEPING_TABLE } from "../schema/validate.ts";

/**
 * The one table Clean Slate keeps in a database, outside the schema, the drift and the losses. Its row `run_id` is written in
 * the transaction of a rebuild, so that after a lost answer it tells whether that rebuild was committed.
 */
export const CREATE_BOOKKEEPING =
  `CREATE TABLE IF NOT EXISTS ${identifier(BOOKKEEPING_TABLE)} ` +
  `("key" TEXT PRIMARY KEY NOT NULL, "value" TEXT NOT NULL) WITHOUT ROWID`;

/** Reads every entry; fails where there is no such table. */
export const READ_BOOKKEEPING = `SELECT "key", "value" FROM ${identifier(BOOKKEEPING_TABLE)}`;

/** What a rebuild writes down about itself. */
export interface RunRecord {
  readonly run_id: string;
  readonly fingerprint: string;
  /** ISO 8601, UTC. */
  readonly applied_at: string;
  /** Of Clean Slate. */
  readonly version: string;
}

export function writeBookkeeping(record: RunRecord): string {
  const rows = Object.entries(record).map(([key, value]) => `(${literal(key)}, ${literal(value)})`);
  return `INSERT OR REPLACE INTO ${identifier(BOOKKEEPING_TABLE)} ("key", "value") VALUES ${rows.join(", ")}`;
}

/**
 * Changes the schema version and nothing else. A rebuild whose answer was lost may still be on its way to the primary; after
 * this its guard refuses it, so that "not committed" stays true.
 */
export const FENCE: readonly string[] = [
  CREATE_BOOKKEEPING,
  `CREATE TABLE ${identifier("_clean_slate_fence")} ("fence" TEXT)`,
  `DROP TABLE ${identifier("_clean_slate_fence")}`,
];
