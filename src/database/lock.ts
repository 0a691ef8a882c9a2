import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { CleanSlateError } from "../errors.ts";
import type { Target } from "./target.ts";
import { isAlive } from "../alive.ts";

/** Who works on a target. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** When the process started, in the system's own unit, where it tells: a process number is used again, this is not. */
  readonly started: string | null;
}

/** A target that no other Clean Slate works on until `release`. */
export interface Lock {
  readonly release: () => void;
}

/** Milliseconds after which a lock file without an owner was left by a process that died while writing it. */
const UNREADABLE_FOR = 10_000;

/** How often a lock may be gone, or given back, between two looks at it before that is no chance any more. */
const ATTEMPTS = 100;

const MOVE_AWAY = "move it away when no other rebuild runs, then run the command again";

const held = new Set<string>();
// A signal that nobody catches ends the process without this; then the owner is dead and the lock stale.
process.on("exit", releaseAllLocks);

/** Where the locks of a target lie: a primary's in the project, a file's beside it. A replica has both, always in this order. */
export function lockPath(target: Target, root: string): readonly string[] {
  const paths: string[] = [];
  if (target.kind !== "local") {
    const host = target.primary.host.replaceAll(/[^\w.-]/g, "_");
    paths.push(join(root, ".clean-slate", `${host}.clean-slate-lock`));
  }
  if (target.kind !== "remote") paths.push(`${target.path}.clean-slate-lock`);
  return paths;
}

/**
 * Takes the locks at `paths`, all or none, or throws LOCKED naming who has one. A lock whose process is gone from this machine
 * is taken over. They keep two runs of this tool from each other; what keeps the database whole is its own transaction.
 */
export function acquireLock(paths: readonly string[], now: Date): Lock {
  const taken: string[] = [];
  const giveBack = (): void => taken.toReversed().forEach(release);
  try {
    for (const path of paths) {
      acquire(path, now);
      taken.push(path);
    }
  } catch (error) {
    giveBack();
    throw error;
  }
  return { release: giveBack };
}

function acquire(path: string, now: Date): void {
  const owner = {
    pid: process.pid,
    host: hostname(),
    since: now.toISOString(),
    started: startOf(process.pid),
  };
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (write(path, owner)) return void held.add(path);
    const text = read(path);
    if (text === null) continue;
    if (!isStale(path, text)) throw locked(path, text);
    takeAway(path, text);
  }
  throw new CleanSlateError(
    "LOCKED",
    `the lock "${path}" is there and cannot be read, as a link to nothing is; nothing was changed`,
    { hint: MOVE_AWAY },
  );
}

/** Gives every lock of this process back; for when it is about to be ended by a signal. */
export function releaseAllLocks(): void {
  for (const path of held) release(path);
}

function release(path: string): void {
  if (held.delete(path)) rmSync(path, { force: true });
}

/** False when there is a lock already. */
function write(path: string, owner: Owner): boolean {
  makeFolder(path);
  try {
    const file = openSync(path, "wx", 0o600);
    try {
      writeSync(file, `${JSON.stringify(owner)}\n`);
    } finally {
      closeSync(file);
    }
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    throw unwritable(path, error, "check the permissions of its folder and the room on the disk");
  }
}

function makeFolder(path: string): void {
  const folder = dirname(path);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    const isFile = ["EEXIST", "ENOTDIR"].includes(code);
    const hint = isFile
      ? `a file lies where the folder "${folder}" has to be: move it away`
      : "check the permissions of its folder";
    throw unwritable(path, error, hint);
  }
}

function unwritable(path: string, cause: unknown, hint: string): CleanSlateError {
  const { code } = cause as NodeJS.ErrnoException;
  return new CleanSlateError("WRITE_FAILED", `cannot write the lock "${path}" (${code})`, { cause, hint });
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return null;
    throw new CleanSlateError("LOCKED", `cannot read the lock "${path}" (${code}); nothing was changed`, {
      cause: error,
      hint: MOVE_AWAY,
    });
  }
}

function isStale(path: string, text: string): boolean {
  const owner = ownerFromText(text);
  if (owner === null) {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat !== undefined && Date.now() - stat.mtimeMs > UNREADABLE_FOR;
  }
  if (owner.host !== hostname()) return false;
  if (!isAlive(owner.pid)) return true;
  return owner.started !== null && startOf(owner.pid) !== owner.started;
}

/** Renaming succeeds for one process only. Whoever finds that it took a younger lock than it meant puts it back. */
function takeAway(path: string, text: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (read(aside) === text) rmSync(aside, { force: true });
  else renameSync(aside, path);
}

function ownerFromText(text: string): Owner | null {
  try {
    const { pid, host, since, started } = JSON.parse(text) as Partial<Owner>;
    return typeof pid === "number" && typeof host === "string"
      ? { pid, host, since: String(since), started: started ?? null }
      : null;
  } catch {
    return null;
  }
}

/** Field 22 of https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, after the name in parentheses; null on other systems. */
function startOf(pid: number): string | null {
  try {
    return (
      readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^[^]*\)/, "")
        .split(" ")[20] ?? null
    );
  } catch {
    return null;
  }
}

function locked(path: string, text: string): CleanSlateError {
  const owner = ownerFromText(text);
  const who =
    owner === null ? "another process" : `process ${owner.pid} on ${owner.host}, since ${owner.since}`;
  return new CleanSlateError(
    "LOCKED",
    `another Clean Slate works on this database: ${who}; nothing was changed`,
    {
      hint: `wait until it has ended; if it has crashed on another machine, delete "${path}"`,
    },
  );
}
