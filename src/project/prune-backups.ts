import { deleteBackup, listBackups, type Backup } from "./backups.ts";

export interface PruneLimits {
  /** How many are kept of each database. */
  readonly keep: number;
  /** How many bytes all of them may have together. */
  readonly bytes: number;
}

/**
 * What a folder may hold without anyone asking: a day of rebuilds, and no more than a development disk spares. What was given a
 * name is not counted, and deleted only by `backups prune`.
 */
export const AUTOMATIC: PruneLimits = { keep: 20, bytes: 2 * 1024 ** 3 };

/**
 * Deletes the oldest backups beyond the limits and returns what it deleted. Never deletes the newest of a database, nor its newest
 * that holds rows (a day of rebuilding an empty schema must not push those out), nor one that is spared.
 */
export function pruneBackups(
  folder: string,
  limits: PruneLimits,
  spared: (backup: Backup) => boolean,
): Backup[] {
  const { backups } = listBackups(folder);
  const byLocation = (backup: Backup): [string, string] => [backup.database.location, backup.name];
  const newest = new Map(backups.map(byLocation));
  const newestWithRows = new Map(backups.filter(({ rows }) => rows > 0).map(byLocation));
  const counts = new Map<string, number>();
  let bytes = 0;
  const doomed = backups.toReversed().filter((backup) => {
    const { location } = backup.database;
    const isSpared = spared(backup);
    if (!isSpared) counts.set(location, (counts.get(location) ?? 0) + 1);
    bytes += backup.bytes;
    if (isSpared || [newest, newestWithRows].some((kept) => kept.get(location) === backup.name)) return false;
    const isBeyond = (counts.get(location) ?? 0) > limits.keep || bytes > limits.bytes;
    if (isBeyond) bytes -= backup.bytes;
    return isBeyond;
  });
  for (const backup of doomed) deleteBackup(backup);
  return doomed.toReversed();
}
