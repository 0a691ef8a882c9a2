import { readdirSync, readFileSync } from "node:fs";

/** Milliseconds between two looks. */
const INTERVAL = 5;

/**
 * Watches the memory of all descendants of a process: the sum of their proportional set sizes, in which what they share counts once,
 * as Linux tells in /proc. Looking slows the processes down: not to be done while time is measured.
 */
export function watchMemory(pid: number): { readonly stop: () => number | null } {
  let peak: number | null = null;
  const timer = setInterval(() => {
    const size = childrenOf(pid).reduce((sum, child) => sum + sizeOfTree(child), 0);
    if (size > 0) peak = Math.max(peak ?? 0, size);
  }, INTERVAL);
  return {
    stop: () => {
      clearInterval(timer);
      return peak;
    },
  };
}

function sizeOfTree(pid: number): number {
  return childrenOf(pid).reduce((sum, child) => sum + sizeOfTree(child), sizeOf(pid));
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/** Bytes; 0 for a process that has ended. */
function sizeOf(pid: number): number {
  try {
    const [, size = "0"] = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")) ?? [];
    return Number(size) * 1024;
  } catch {
    return 0;
  }
}
