import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { removeAtExit } from "../src/database/leftovers.ts";
import { watchMemory } from "./memory.ts";

/** One program of a contestant's run. */
export interface Step {
  readonly argv: readonly string[];
  /** Where its stdout goes instead of the log. */
  readonly output?: string;
}

export interface Command {
  /** Run one after the other, until one fails. */
  readonly steps: readonly Step[];
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds after which it is ended. */
  readonly limit: number;
}

export interface Measurement {
  /** Milliseconds from the start of the first program to the end of the last. */
  readonly wall: number;
  /** Milliseconds of user and system time of all processes that were waited for. */
  readonly cpu: number;
  /** Exit code. */
  readonly code: number;
  readonly isOverLimit: boolean;
  /** What was written to stdout and stderr. */
  readonly log: string;
}

/**
 * bash keeps the time of all its children in milliseconds (`times`), and has a clock of microseconds. What outlives its parent, as
 * esbuild's service does by a moment, is waited for after the clock has stopped: its time counts as CPU.
 */
const SCRIPT = `begin=$EPOCHREALTIME
eval "$1"
code=$?
end=$EPOCHREALTIME
children=/proc/$$/task/$$/children
deadline=$((SECONDS + 2))
while [[ -e $children ]]; read -r left < $children; [[ -n $left ]] && ((SECONDS < deadline)); do :; done 2> /dev/null
{ echo "$begin $end"; times; } > "$2"
exit $code`;
/** The number of prctl on each processor. */
const PRCTL: Readonly<Record<string, number>> = { x64: 157, arm64: 167 };
const PR_SET_CHILD_SUBREAPER = 36;
const REPORT = "measured.txt";
const LOG = "log.txt";
const SYNCS = "syncs.txt";

/** Runs a command and measures its time. */
export async function measure(command: Command): Promise<Measurement> {
  const { wait } = start(command, measuringShell());
  const { code, isOverLimit, log } = await wait;
  const { wall, cpu } = isOverLimit
    ? { wall: command.limit, cpu: Number.NaN }
    : parseReport(await readFile(join(command.dir, REPORT), "utf8"));
  return { wall, cpu, code, isOverLimit, log };
}

/** Runs a command and gives the peak memory of all its processes together, in bytes; null where it cannot be told. */
export async function measureMemory(command: Command): Promise<number | null> {
  const { pid, wait } = start(command, measuringShell());
  const memory = watchMemory(pid);
  await wait;
  return memory.stop();
}

/** Runs a command and counts how often it waited for the disk (fsync, fdatasync). Only where `canCountSyncs`. */
export async function countSyncs(command: Command): Promise<number> {
  const file = join(command.dir, SYNCS);
  const trace: [string, ...string[]] = [
    "strace",
    "-f",
    "-qq",
    "-c",
    "-e",
    "trace=fsync,fdatasync",
    "-o",
    file,
  ];
  await start(command, [...trace, "bash", "-c", SCRIPT]).wait;
  return parseSyncs(await readFile(file, "utf8"));
}

/** bash, adopting what outlives its parent: bash has no word for that, perl has. */
function measuringShell(): [string, ...string[]] {
  const call = PRCTL[process.arch];
  const program = `syscall(${call}, ${PR_SET_CHILD_SUBREAPER}, 1, 0, 0, 0); exec @ARGV`;
  const shell = ["bash", "-c", SCRIPT] as const;
  return canAdopt() && call !== undefined ? ["perl", "-e", program, ...shell] : [...shell];
}

let isAdopting: boolean | undefined;

/** Whether the CPU time of processes that outlive their parent is counted. */
export function canAdopt(): boolean {
  return (isAdopting ??= process.platform === "linux" && spawnSync("perl", ["-e", "1"]).status === 0);
}

/** Whether strace is installed and may trace. */
export function canCountSyncs(): boolean {
  return spawnSync("strace", ["-qq", "-c", "-o", "/dev/null", "true"]).status === 0;
}

/** Throws where nothing can be measured. */
export function requireBash(): void {
  const { stdout } = spawnSync("bash", ["-c", "echo $EPOCHREALTIME"], { encoding: "utf8" });
  if (!/\d/.test(stdout ?? "")) throw new Error("the benchmark measures with bash 5 or newer: install it");
}

/** The command is a process group of its own, so that all of it can be ended. */
function start(command: Command, shell: readonly [string, ...string[]]) {
  const { steps, dir, env, limit } = command;
  const [program, ...before] = shell;
  const args = [...before, "bench", shellLine(steps), join(dir, REPORT)];
  const log = openSync(join(dir, LOG), "w");
  const child = spawn(program, args, { cwd: dir, env, detached: true, stdio: ["ignore", log, log] });
  closeSync(log);
  const pid = child.pid ?? 0;
  let isOverLimit = false;
  const end = () => process.kill(-pid, "SIGKILL");
  const forget = removeAtExit(end);
  const timer = setTimeout(() => {
    isOverLimit = true;
    end();
  }, limit);
  const finish = async () => {
    const [code] = (await once(child, "exit")) as [number | null];
    clearTimeout(timer);
    forget();
    return { code: code ?? 1, isOverLimit, log: await readFile(join(dir, LOG), "utf8") };
  };
  return { pid, wait: finish() };
}

/** The steps as one line of shell. */
export function shellLine(steps: readonly Step[]): string {
  const quoted = (word: string) => `'${word.replaceAll("'", String.raw`'\''`)}'`;
  return steps
    .map(
      ({ argv, output }) => argv.map(quoted).join(" ") + (output === undefined ? "" : ` > ${quoted(output)}`),
    )
    .join(" && ");
}

/** Reads what SCRIPT wrote: begin and end in seconds, then `times`: user and system time of bash, and of its children. */
export function parseReport(report: string): { readonly wall: number; readonly cpu: number } {
  const [clock = "", , children = ""] = report.replaceAll(",", ".").split("\n");
  const [begin = 0, end = 0] = clock.split(" ").map(Number);
  const spent = children.split(" ").map((time) => {
    const [minutes = 0, seconds = 0] = time.replace("s", "").split("m").map(Number);
    return minutes * 60 + seconds;
  });
  return { wall: (end - begin) * 1000, cpu: spent.reduce((sum, seconds) => sum + seconds, 0) * 1000 };
}

/** Reads the table of `strace -c`: the calls stand in the fourth column, the name in the last. */
export function parseSyncs(table: string): number {
  const counts = table
    .split("\n")
    .filter((line) => /\b(fsync|fdatasync)$/.test(line))
    .map((line) => Number(line.trim().split(/\s+/)[3]));
  return counts.reduce((sum, count) => sum + count, 0);
}
