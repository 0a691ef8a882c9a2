import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { modulesFolders } from "../database/server-binary.ts";
import { isAlive } from "../alive.ts";

/** A folder of its own for one database. */
export interface Folder {
  readonly path: string;
  /** True when it is in memory: then a database may be as durable as it likes, it costs nothing. */
  readonly isMemory: boolean;
}

const MEMORY = "/dev/shm";
/** A database grows while its test runs, and a full memory disk fails it: so much must be free beside the copy. */
const SPARE_BYTES = 64 * 1024 * 1024;
/** The process id in the name tells whether somebody still owns the folder. */
const NAME = /^clean-slate-test-(\d+)-/;

let isSwept = false;

/** Makes a private folder, in memory where there is room for `bytes` and growth, else in the temporary folder. */
export function createFolder(bytes: number): Folder {
  if (!isSwept) removeAbandoned();
  isSwept = true;
  const prefix = `clean-slate-test-${process.pid}-`;
  if (hasRoom(bytes)) {
    try {
      return { path: mkdtempSync(join(MEMORY, prefix)), isMemory: true };
    } catch {
      // not writable: the temporary folder is
    }
  }
  return { path: mkdtempSync(join(realpathSync(tmpdir()), prefix)), isMemory: false };
}

/** Removes a folder; files another process is just closing are waited for. */
export function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 5 });
}

/** Where templates and kept databases lie: in the project's `node_modules/.cache`; null when it has none. */
export function cacheFolder(root: string): string | null {
  const modules = modulesFolders(root).find(
    (folder) => folder.endsWith("node_modules") && existsSync(folder),
  );
  if (modules === undefined) return null;
  const cache = join(modules, ".cache", "clean-slate");
  try {
    mkdirSync(cache, { recursive: true });
    return cache;
  } catch {
    return null;
  }
}

function hasRoom(bytes: number): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize > bytes * 2 + SPARE_BYTES;
  } catch {
    return false;
  }
}

/** Removes what processes left that were killed. */
export function removeAbandoned(): void {
  removeWhere((owner) => !isAlive(owner));
}

/** Removes every folder of this process, also of its threads, which cannot do so when it is interrupted. */
export function removeAllOwn(): void {
  removeWhere((owner) => owner === process.pid);
}

function removeWhere(isOver: (owner: number) => boolean): void {
  for (const parent of [MEMORY, tmpdir()]) {
    for (const name of entriesOf(parent)) {
      const owner = NAME.exec(name)?.[1];
      if (owner === undefined || !isOver(Number(owner))) continue;
      try {
        removeFolder(join(parent, name));
      } catch {
        // another user's
      }
    }
  }
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

export function isMissing(path: string): boolean {
  return !existsSync(path);
}
