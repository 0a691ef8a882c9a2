import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive } from "../alive.ts";
import { cacheFolderOf, namesIn } from "../folders.ts";

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

/** Where templates and kept databases lie: in the project's cache folder, which is made; null where it cannot be. */
export function makeCacheFolder(root: string): string | null {
  const cache = cacheFolderOf(root);
  if (cache === null) return null;
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
    for (const name of namesIn(parent)) {
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

export function isMissing(path: string): boolean {
  return !existsSync(path);
}
