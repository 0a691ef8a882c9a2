import { closeSync, openSync, statSync } from "node:fs";
import { CleanSlateError } from "../errors.ts";
import { literal } from "../sql/literal.ts";
import type { Database } from "./database.ts";

/**
 * Copies a local database into a new file, readable by its owner only, as it is at one moment while others may write. `VACUUM INTO`
 * (https://www.sqlite.org/lang_vacuum.html#vacuuminto) keeps every rowid, counter and shadow table; memory stays small.
 */
export async function copyLocal(database: Database, path: string): Promise<void> {
  closeSync(openSync(path, "wx", 0o600));
  await database.read([`VACUUM INTO ${literal(path)}`]);
  if (statSync(path).size === 0)
    throw new CleanSlateError("BACKUP_FAILED", `nothing was written to "${path}"`);
}
