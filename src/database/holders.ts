import { execFile } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { promisify } from "node:util";
import { namesIn, realPath } from "../folders.ts";

/** Milliseconds the search for who holds a file may take. */
const PATIENCE = 2_000;

/** The processes that have a database file open, as `node server.js (pid 123)`, as far as the system tells; this one is left out. */
export async function holdersOf(path: string): Promise<string[]> {
  const files = [path, `${path}-wal`, `${path}-shm`, `${path}-journal`].map(realPath);
  return process.platform === "linux" ? holdersInProc(new Set(files)) : holdersByLsof(files);
}

/** Of another user's process nothing can be seen. */
function holdersInProc(files: ReadonlySet<string>): string[] {
  const pids = namesIn("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids
    .filter((pid) => namesIn(`/proc/${pid}/fd`).some((fd) => files.has(linkOf(`/proc/${pid}/fd/${fd}`))))
    .map((pid) => `${programOf(pid)} (pid ${pid})`);
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** The program and the script it runs. Other arguments stay out: there may be a secret among them. */
function programOf(pid: string): string {
  try {
    const [program = "", ...words] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    const script = words.find((word) => /^[^-=:]+\.[cm]?[jt]sx?$/.test(word));
    const names = [program, ...(script === undefined ? [] : [script])].map((word) => basename(word));
    return names.join(" ").replaceAll(/[^\x20-\x7e]/g, "?");
  } catch {
    return "a program";
  }
}

async function holdersByLsof(files: readonly string[]): Promise<string[]> {
  // lsof fails when any of the files is not open, and prints the others all the same.
  const run = promisify(execFile)("lsof", ["-F", "pc", "--", ...files], { timeout: PATIENCE });
  const { stdout } = await run.catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? "" }));
  const found = [...stdout.matchAll(/^p(\d+)\nc(.*)$/gm)].filter(([, pid]) => Number(pid) !== process.pid);
  return [...new Set(found.map(([, pid, command]) => `${command} (pid ${pid})`))];
}
