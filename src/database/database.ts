import type { CleanSlateError } from "../errors.ts";

/** SQLite's five storage classes, as this project reads them: integers beyond 2^53 stay exact. */
export type Value = null | number | bigint | string | Uint8Array;

/** One result: rows keyed by column name. */
export type Rows = readonly Readonly<Record<string, Value>>[];

/** What became of a transaction. Only `unknown` leaves the question open: the answer was lost on its way. */
export type Outcome =
  /** `reads` is null where they failed. */
  | { readonly kind: "committed"; readonly reads: readonly Rows[] | null }
  | { readonly kind: "rolled-back"; readonly index: number | null; readonly error: CleanSlateError }
  | { readonly kind: "unknown"; readonly error: CleanSlateError };

/** An open database that holds the truth: a local file, or a primary over HTTP. */
export interface Database {
  /** Runs reading statements, in one round trip. A statement that fails fails the call. */
  read(statements: readonly string[]): Promise<readonly Rows[]>;
  /** The same, with null in the place of a statement that fails. */
  readEach(statements: readonly string[]): Promise<readonly (Rows | null)[]>;
  /**
   * Runs `statements` in one write transaction with foreign keys unenforced, then `reads` after the commit: all in one round
   * trip. Nothing of it stays when a statement fails; `index` names that statement.
   */
  transact(statements: readonly string[], reads: readonly string[]): Promise<Outcome>;
  close(): void;
}
