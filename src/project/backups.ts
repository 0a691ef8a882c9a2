import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { CleanSlateError } from "../errors.ts";

/** What is known about a backup besides its bytes; the `.json` beside the `.db`. Holds no secret. */
export interface Manifest {
  readonly format: 1;
  /** Of Clean Slate. */
  readonly version: string;
  /** ISO 8601, UTC. */
  readonly created: string;
  readonly database: {
    readonly kind: "local" | "primary";
    readonly name: string;
    /** The file relative to the project, or the primary's host. */
    readonly location: string;
  };
  /** Why it was made: `before apply-migration`, `before restore`, `asked for`. */
  readonly reason: string;
  /** What the person who asked for it called it. */
  readonly label: string | null;
  /** Of the schema. */
  readonly fingerprint: string;
  readonly objects: number;
  readonly rows: number;
  readonly bytes: number;
  /** Of the `.db` file. */
  readonly sha256: string;
}

export interface Backup extends Manifest {
  /** File name without its ending. */
  readonly name: string;
  /** The SQLite file. */
  readonly path: string;
}

export interface BackupList {
  /** Oldest first. */
  readonly backups: readonly Backup[];
  /** Names whose manifest or file is missing, unreadable or of another size, with the reason. */
  readonly damaged: readonly { readonly name: string; readonly reason: string }[];
}

export const BACKUP_NAME = /^\d{14}_.*_[0-9a-f]{16}$/;

/** Reads the manifests of a folder; an empty list when it is not there. Sizes are compared, checksums are not. */
export function listBackups(folder: string): BackupList {
  const backups: Backup[] = [];
  const damaged: { name: string; reason: string }[] = [];
  for (const file of filesIn(folder)) {
    const name = file.replace(/\.json$/, "");
    if (file === name || !BACKUP_NAME.test(name)) continue;
    const found = readBackup(folder, name);
    if (typeof found === "string") damaged.push({ name, reason: found });
    else backups.push(found);
  }
  return { backups, damaged };
}

/** Everything in the folder, sorted, which for backups is by age. */
export function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return [];
    throw new CleanSlateError("BACKUP_NOT_FOUND", `cannot read the backups in "${folder}" (${code})`, {
      cause: error,
      hint: "check its permissions, or name another folder with --backup-dir",
    });
  }
}

/** A backup, or why it is none. */
function readBackup(folder: string, name: string): Backup | string {
  const path = join(folder, `${name}.db`);
  const manifest = readManifest(join(folder, `${name}.json`));
  if (manifest === null) return "its manifest cannot be read";
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) return "its .db file is missing";
  if (size !== manifest.bytes) return `its .db file has ${size} bytes, it was made with ${manifest.bytes}`;
  return { ...manifest, name, path };
}

function readManifest(path: string): Manifest | null {
  try {
    const found = JSON.parse(readFileSync(path, "utf8")) as Partial<Manifest> | null;
    return found?.format === 1 && isWhole(found) ? found : null;
  } catch {
    return null;
  }
}

function isWhole(found: Partial<Manifest>): found is Manifest {
  const { created, database, reason, label, fingerprint, objects, rows, bytes, sha256 } = found;
  const texts = [created, database?.location, database?.name, reason, label ?? "", fingerprint, sha256];
  const isDated = !Number.isNaN(Date.parse(String(created)));
  return (
    isDated &&
    texts.every((text) => typeof text === "string") &&
    [objects, rows, bytes].every((number) => Number.isSafeInteger(number))
  );
}

/**
 * Finds a backup: `latest` is the newest of the database at `location`; anything else is a name, or a part or a label only one backup
 * has. Throws BACKUP_NOT_FOUND, or BACKUP_DAMAGED when the one that is meant cannot be used.
 */
export function findBackup(folder: string, wanted: string, location: string): Backup {
  const { backups, damaged } = listBackups(folder);
  const hint = "clean-slate backups lists them";
  if (wanted === "latest") {
    const newest = backups.findLast(({ database }) => database.location === location);
    const newer =
      newest && damaged.findLast(({ name }) => name > newest.name && isSameDatabase(name, newest.name));
    if (newer) {
      throw new CleanSlateError(
        "BACKUP_DAMAGED",
        `the newest backup, "${newer.name}", cannot be used: ${newer.reason}`,
        {
          hint: `clean-slate restore ${newest.name} puts the one before it back`,
        },
      );
    }
    if (newest) return newest;
    throw new CleanSlateError("BACKUP_NOT_FOUND", `there is no backup of ${location} in "${folder}"`, {
      hint,
    });
  }
  if (wanted.trim() === "") throw new CleanSlateError("USAGE", "the backup to restore has no name", { hint });
  const exact = backups.filter(({ name, label }) => name === wanted || label === wanted);
  const matches = exact.length > 0 ? exact : backups.filter(({ name }) => name.includes(wanted));
  if (matches.length === 1 && matches[0]) return matches[0];
  const broken = damaged.find(({ name }) => name.includes(wanted));
  if (matches.length === 0 && broken)
    throw new CleanSlateError("BACKUP_DAMAGED", `the backup ${broken.name} is damaged: ${broken.reason}`, {
      hint,
    });
  const says =
    matches.length === 0
      ? `no backup is called "${wanted}" in "${folder}"`
      : `"${wanted}" is a part of the names of ${matches.length} backups`;
  throw new CleanSlateError("BACKUP_NOT_FOUND", says, { hint });
}

/** Deletes one nobody has been told of; where that fails it is listed, and `backups prune` meets it. */
export function discardBackup(backup: Pick<Backup, "path">): void {
  try {
    deleteBackup(backup);
  } catch {
    // what failed before is what is to be said
  }
}

/** Deletes a backup; its manifest first, so that no half of it is ever listed. Throws WRITE_FAILED. */
export function deleteBackup({ path }: Pick<Backup, "path">): void {
  try {
    rmSync(path.replace(/\.db$/, ".json"), { force: true });
    rmSync(path, { force: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CleanSlateError("WRITE_FAILED", `cannot delete the backup "${path}" (${code})`, {
      cause: error,
      hint: "check the permissions of its folder, then: clean-slate backups prune",
    });
  }
}

/** By what stands between the time and the fingerprint of a name. */
function isSameDatabase(a: string, b: string): boolean {
  const part = (name: string): string => name.slice("20260101000000_".length, -"_0123456789abcdef".length);
  return part(a) === part(b);
}
