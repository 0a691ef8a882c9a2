import { identifier } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { BOOKKEEPING_TABLE } from "../schema/engine-objects.ts";

const TABLE = identifier(BOOKKEEPING_TABLE);

/**
 * The one table Clean Slate keeps in a database, outside the schema, the drift and the losses. Its row `run_id` is written in
 * the transaction of a rebuild, so that after a lost answer it tells whether that rebuild was committed.
 */
export const CREATE_BOOKKEEPING =
  `CREATE TABLE IF NOT EXISTS ${TABLE} ` +
  `("key" TEXT PRIMARY KEY NOT NULL, "value" TEXT NOT NULL) WITHOUT ROWID`;

/** Reads every entry; fails where there is no such table. */
export const READ_BOOKKEEPING = `SELECT "key", "value" FROM ${TABLE}`;

/** A mark that a database is not to be rebuilt; it travels with the database, and a rebuild that is allowed keeps it. */
export interface Protection {
  /** ISO 8601, UTC. */
  readonly since: string;
  readonly reason: string | null;
}

const PROTECTION_KEY = "protected";

/** Protects a database; again replaces the time and the reason. */
export function protectStatements(protection: Protection): string[] {
  const row = [PROTECTION_KEY, JSON.stringify(protection)].map(literal).join(", ");
  return [CREATE_BOOKKEEPING, `INSERT OR REPLACE INTO ${TABLE} ("key", "value") VALUES (${row})`];
}

export const UNPROTECT: readonly string[] = [
  CREATE_BOOKKEEPING,
  `DELETE FROM ${TABLE} WHERE "key" = ${literal(PROTECTION_KEY)}`,
];

/** True in SQL while the database is not protected; fails where there is no bookkeeping table. */
export const IS_UNPROTECTED = `NOT EXISTS (SELECT 1 FROM ${TABLE} WHERE "key" = ${literal(PROTECTION_KEY)})`;

/** The protection among the entries of the bookkeeping table. A value that makes no sense protects all the same. */
export function protectionOf(entries: Readonly<Record<string, string>>): Protection | null {
  const value = entries[PROTECTION_KEY];
  if (value === undefined) return null;
  try {
    const { since, reason } = JSON.parse(value) as Partial<Protection>;
    return { since: String(since), reason: typeof reason === "string" ? reason : null };
  } catch {
    return { since: "an unknown time", reason: null };
  }
}

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
  return `INSERT OR REPLACE INTO ${TABLE} ("key", "value") VALUES ${rows.join(", ")}`;
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
