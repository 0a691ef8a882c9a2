import { CleanSlateError } from "../errors.ts";
import type { Rows } from "./database.ts";
import type { Snapshot } from "./inspect.ts";

export interface CopyOptions {
  /** The primary as it was read; the copy is refused when its schema has changed since. */
  readonly snapshot: Snapshot;
  /** Tables that are known to have no rows; they are not read. */
  readonly empty: ReadonlySet<string>;
  /** A file that is not there yet. */
  readonly path: string;
  /** A database file that may hold the same pages, such as a replica; null for none. */
  readonly base: string | null;
  readonly onProgress: (message: string) => void;
}

/** Reads what must be so for a primary to be copied, in the transaction that copies it. */
export const READ_STATE =
  "SELECT schema_version, (SELECT encoding FROM pragma_encoding) AS encoding FROM pragma_schema_version";

/** Makes sure that the schema is still the one that was read. Throws DATABASE_CHANGED or BACKUP_FAILED. */
export function checkState({ schemaVersion }: Snapshot, state: Rows[number] | undefined): void {
  if (Number(state?.["schema_version"]) !== schemaVersion) {
    throw new CleanSlateError(
      "DATABASE_CHANGED",
      "the schema was changed by someone else while it was backed up",
      {
        hint: "run the command again",
      },
    );
  }
  requireUtf8(String(state?.["encoding"]));
}

/** The bytes of text mean UTF-8 everywhere here. */
export function requireUtf8(encoding: string): void {
  if (encoding === "UTF-8") return;
  throw new CleanSlateError(
    "BACKUP_FAILED",
    `its text is ${encoding}; only UTF-8 is copied between a primary and a file`,
    { hint: "a database keeps the encoding it was made with; a new one is made in UTF-8" },
  );
}
