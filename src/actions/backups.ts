import { CleanSlateError } from "../errors.ts";
import { listBackups, type Backup, type BackupList } from "../project/backups.ts";
import { pruneBackups } from "../project/prune-backups.ts";
import type { Deps } from "./deps.ts";

/** Every backup in the folder, of whatever database, and what only looks like one. */
export function readBackups({ config }: Deps): BackupList {
  return listBackups(config.backups.value);
}

/** Deletes all but the newest `keep` backups of each database and returns what it deleted. The newest of each always stays. */
export function pruneToNewest({ config }: Deps, keep: string | undefined): readonly Backup[] {
  if (keep === undefined || !/^[1-9]\d{0,5}$/.test(keep)) {
    throw new CleanSlateError(
      "USAGE",
      keep === undefined ? "prune needs --keep" : `"${keep}" is no number of backups to keep`,
      {
        hint: "for instance: clean-slate backups prune --keep 5",
      },
    );
  }
  return pruneBackups(config.backups.value, { keep: Number(keep), bytes: Infinity }, () => false);
}
