import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A server another process has started. */
export interface StartedServer {
  readonly pid: number;
  /** The folder of its databases, as it was given to it. */
  readonly dir: string;
}

/** Milliseconds a server has to end by itself. */
const PATIENCE = 1_000;
const LOOK_INTERVAL = 20;

/** True while the process is that server: a process id is given to another program later. */
export function isRunning({ pid, dir }: StartedServer): boolean {
  return commandLine(pid).includes(dir);
}

/** Ends a server and waits until it has ended. */
export async function endStarted(server: StartedServer): Promise<void> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    if (!isRunning(server)) return;
    process.kill(server.pid, signal);
    for (let waited = 0; waited < PATIENCE && isRunning(server); waited += LOOK_INTERVAL) {
      await sleep(LOOK_INTERVAL);
    }
  }
}

function commandLine(pid: number): string {
  try {
    if (process.platform === "linux")
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    return execFileSync("ps", ["-o", "args=", "-p", String(pid)], { encoding: "utf8" });
  } catch {
    return "";
  }
}
