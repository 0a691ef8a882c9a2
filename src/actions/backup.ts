import { readSnapshot } from "../database/inspect.ts";
import { openPresent } from "../database/open.ts";
import { databaseName } from "../database/target.ts";
import { CleanSlateError } from "../errors.ts";
import { targetOf, type Deps } from "./deps.ts";
import { ASKED_FOR, makeBackup, pruneAutomatically, type KeptBackup } from "./make-backup.ts";

export interface BackupOptions {
  /** What it is to be called; such a backup is not deleted by the automatic limits. */
  readonly name?: string | undefined;
}

/** Makes a backup because somebody asks for one. Throws DATABASE_NOT_FOUND when there is nothing to back up. */
export async function backupDatabase(deps: Deps, { name }: BackupOptions): Promise<KeptBackup> {
  if (name !== undefined) refuseName(name);
  const target = targetOf(deps.config);
  const database = await openPresent(target);
  try {
    const snapshot = database && (await readSnapshot(database));
    const request = {
      target,
      empty: new Set<string>(),
      reason: ASKED_FOR,
      label: name ?? null,
      storage: null,
    };
    const made = snapshot && (await makeBackup(deps, { ...request, snapshot, database }));
    if (made) return { backup: made.backup, pruned: pruneAutomatically(deps, null) };
    throw new CleanSlateError(
      "DATABASE_NOT_FOUND",
      `"${databaseName(target)}" holds nothing: no backup was made`,
      {
        hint: "check which database is meant: clean-slate db-info",
      },
    );
  } finally {
    database?.close();
  }
}

/** What `restore` could not be told, or takes for something else. */
function refuseName(name: string): void {
  if (name.trim() !== "" && name !== "latest") return;
  throw new CleanSlateError("USAGE", `a backup cannot be called "${name}"`, {
    hint: "for instance: clean-slate backup --name before-lunch",
  });
}
