import type { KeptBackup } from "../actions/make-backup.ts";
import type { Backup } from "../project/backups.ts";
import type { Output } from "./output.ts";
import { ageOf, formatBytes, countOf, renderTable, shown } from "./render.ts";

/** Says where the backup is, how to come back to it, and what it pushed out. */
export function noteBackup(output: Output, made: KeptBackup | null): void {
  if (made === null) return;
  const { backup, pruned } = made;
  if (!output.isJson) {
    output.note(`backup: ${backup.path} (${contentOf(backup)})`);
    output.note(`undo:   ${output.inWords("clean-slate restore")} ${backup.name}`);
  }
  noteDeleted(output, pruned);
}

/** Never silent: what was deleted cannot be restored any more. */
export function noteDeleted(output: Output, pruned: readonly Backup[]): void {
  if (pruned.length > 0)
    output.warn(
      `deleted ${countOf(pruned.length, "old backup")}: ${pruned.map(({ name }) => name).join(", ")}`,
    );
}

/** The same for `--json`. */
export function backupData(made: KeptBackup | null): object {
  return {
    backup: made && made.backup,
    undo: made && `restore ${made.backup.name}`,
    deletedBackups: (made?.pruned ?? []).map(({ name }) => name),
  };
}

/** What a backup holds, for instance `7 objects, 1,204 rows, 96.0 KiB`. */
export function contentOf({ objects, rows, bytes }: Backup): string {
  return `${countOf(objects, "object")}, ${countOf(rows, "row")}, ${formatBytes(bytes)}`;
}

/** One line per backup. */
export function backupTable(backups: readonly Backup[], now: Date): string {
  return renderTable(
    backups.map((backup) => [
      backup.name,
      ageOf(new Date(backup.created), now),
      shown(backup.database.location),
      countOf(backup.rows, "row"),
      formatBytes(backup.bytes),
      shown(backup.label === null ? backup.reason : `${backup.reason}: ${backup.label}`),
    ]),
  );
}
