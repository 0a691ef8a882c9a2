import { existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CleanSlateError } from "../errors.ts";

/** Everything SQLite and libSQL keep beside a database file; `-client_wal_index` and `-info` are a replica's metadata. */
const SIDECARS = ["-journal", "-wal", "-shm", "-client_wal_index", "-info"] as const;

export interface DatabaseFile {
  readonly path: string;
  readonly bytes: number;
}

/** The database file and its sidecars that exist. */
export function databaseFiles(path: string): DatabaseFile[] {
  return [path, ...SIDECARS.map((suffix) => path + suffix)].flatMap((file) => {
    const stat = existsSync(file) ? statSync(file, { throwIfNoEntry: false }) : undefined;
    return stat ? [{ path: file, bytes: stat.size }] : [];
  });
}

/**
 * How the replica's files look before libSQL opens them: libSQL refuses a file without metadata, and with metadata whose file
 * is gone it serves an empty database for ever.
 */
export type ReplicaState =
  | { readonly kind: "absent" }
  | { readonly kind: "whole" }
  | { readonly kind: "broken"; readonly reason: string };

export function replicaState(path: string): ReplicaState {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat && !stat.isFile()) {
    throw new CleanSlateError("REPLICA_BROKEN", `"${path}" is not a file`, {
      hint: "name a file with LOCAL_DB_PATH or --database",
    });
  }
  if (!existsSync(dirname(path))) {
    throw new CleanSlateError("REPLICA_BROKEN", `the folder of "${path}" does not exist`, {
      hint: `mkdir -p "${dirname(path)}"`,
    });
  }
  const hasMetadata = existsSync(`${path}-client_wal_index`) || existsSync(`${path}-info`);
  if (stat && !hasMetadata)
    return { kind: "broken", reason: "it is a plain database file, not a replica (its metadata is missing)" };
  if (!stat && hasMetadata)
    return { kind: "broken", reason: "its metadata is there, the database file is missing" };
  return { kind: stat ? "whole" : "absent" };
}

/** Moves a database file and all its sidecars into a new folder of its own: nothing is deleted. Returns the folder. Throws WRITE_FAILED. */
export function setAside(path: string, at: Date): string {
  const stamp = at.toISOString().replaceAll(/[:.]/g, "-");
  const folder = join(dirname(path), ".clean-slate", "set-aside", `${stamp}-${basename(path)}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const file of databaseFiles(path)) renameSync(file.path, join(folder, basename(file.path)));
    return folder;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CleanSlateError(
      "WRITE_FAILED",
      `cannot move the replica "${path}" into "${folder}" (${code})`,
      {
        cause: error,
        hint: "check the permissions of these folders, then: clean-slate sync",
      },
    );
  }
}
