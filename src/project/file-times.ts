import { lstatSync, statSync, type Stats } from "node:fs";
import { ancestors } from "../folders.ts";

/** The time of a file can lie so far behind the clock, in milliseconds. */
const CLOCK_STEP = 10;

/** Whether a file or folder has for sure not been changed since. Null when it is not there. */
export function isOlderThan(path: string, at: number): boolean | null {
  const stats = statsOf(path);
  return stats && Math.floor(Math.max(stats.mtimeMs, stats.ctimeMs)) <= at - CLOCK_STEP;
}

/** Whether that is so of each link on the way to a path. */
export function areLinksOlderThan(path: string, at: number): boolean {
  return ancestors(path).every((above) => {
    const stats = lstatSync(above, { throwIfNoEntry: false });
    return !stats?.isSymbolicLink() || Math.floor(stats.ctimeMs) <= at - CLOCK_STEP;
  });
}

export function isFolder(path: string): boolean {
  return statsOf(path)?.isDirectory() ?? false;
}

function statsOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}
