import { spawn, type ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { repoPath } from "./paths.ts";

const TIMEOUT_MS = 60_000;
// oxlint-disable-next-line no-control-regex -- escape sequences begin with a control character
const ESCAPE_SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007]*\u0007|[ -/]*[0-Z\\^-~])/g;
const SCREEN = { columns: 100, rows: 40 };

/** A person's environment as far as a program needs one: no token, no database, no CI, no colour setting comes through. */
const PASSED_ON = ["PATH", "HOME", "USER", "LANG", "TMPDIR", "SHELL", "NODE_V8_COVERAGE"];

export interface CliOptions {
  readonly cwd: string;
  /** Added to a clean environment; TURSO_…, LOCAL_DB_PATH, CI and NO_COLOR are there only when given here. */
  readonly env?: Readonly<Record<string, string>>;
  /** What runs instead of this repository's `manage.ts`: a program's file and arguments that come first. */
  readonly program?: readonly [file: string, ...args: string[]];
  /** The program is killed after this long, and the run fails; a minute when not given. */
  readonly timeoutMs?: number;
}

export interface CliResult {
  /** Null when a signal ended the program. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the real program without a terminal and waits until it has ended; stdin is `input`, or at its end from the start. */
export function runCli(
  args: readonly string[],
  options: CliOptions & { readonly input?: string },
): Promise<CliResult> {
  const child = startCli(args, options);
  child.stdin.on("error", ignoreBrokenPipe);
  child.stdin.end(options.input ?? "");
  return resultOf(child, options.timeoutMs);
}

/** Starts the real program without a terminal and leaves it running, for tests that signal it. */
export function startCli(args: readonly string[], options: CliOptions) {
  const [file, ...first] = options.program ?? manage();
  return spawn(file, [...first, ...args], { cwd: options.cwd, env: environment(options.env), stdio: "pipe" });
}

/** Collects what a program writes until it has ended. */
export async function resultOf(child: ChildProcess, timeoutMs = TIMEOUT_MS): Promise<CliResult> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`the program ran longer than ${timeoutMs} ms\nstdout: ${stdout}\nstderr: ${stderr}`));
    }, timeoutMs);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout, stderr });
    });
  });
}

export interface Answer {
  /** Sent once this stands in what the program has written since the answer before. */
  readonly expect: RegExp;
  /** Keys: "\r" is Enter, "\u0003" Ctrl-C, "\u0004" Ctrl-D, "\u001b" Esc. */
  readonly send: string;
}

export interface TerminalOptions extends CliOptions {
  /** In the order they are asked for. */
  readonly answers?: readonly Answer[];
}

export interface TerminalResult {
  /** As a shell sees it: 128 and the signal's number when one ended the program. */
  readonly code: number | null;
  /** What stood on the screen, stdout and stderr as one, without colours and cursor movements. */
  readonly output: string;
  /** The same with every escape sequence. */
  readonly raw: string;
}

/** Runs the real program in a real terminal of 100 columns and answers what it asks. Needs `script`, as Debian and macOS have it. */
export async function runInTerminal(
  args: readonly string[],
  options: TerminalOptions,
): Promise<TerminalResult> {
  const command = [...(options.program ?? manage()), ...args];
  const [file, ...rest] = inTerminal(command);
  const env = { TERM: "xterm-256color", ...options.env };
  const child = spawn(file, rest, { cwd: options.cwd, env: environment(env), stdio: "pipe" });
  child.stdin.on("error", ignoreBrokenPipe);
  const waiting = answerer(child.stdin, options.answers ?? []);
  child.stdout.on("data", waiting.read);
  const { code, stdout, stderr } = await resultOf(child, options.timeoutMs).catch((error: unknown) => {
    throw new Error(waiting.describe(), { cause: error });
  });
  const raw = stdout + stderr;
  const unanswered = waiting.next();
  if (unanswered)
    throw new Error(`${waiting.describe()}; it ended with ${code} after writing\n${plain(raw)}`);
  return { code, output: plain(raw), raw };
}

function answerer(stdin: NodeJS.WritableStream, answers: readonly Answer[]) {
  let given = 0;
  let heard = "";
  const next = () => answers[given];
  const read = (chunk: Buffer) => {
    heard += chunk.toString();
    const answer = next();
    if (!answer || plain(heard).search(answer.expect) === -1) return;
    heard = "";
    given += 1;
    stdin.write(answer.send);
  };
  const describe = () => {
    const answer = next();
    return answer
      ? `the program never asked ${String(answer.expect)}`
      : "the program was asked everything and went on";
  };
  return { next, read, describe };
}

/** `script` of util-linux takes one shell command, that of BSD and macOS the arguments as they are. */
function inTerminal(command: readonly string[]): [string, ...string[]] {
  const sized = `stty cols ${SCREEN.columns} rows ${SCREEN.rows}; exec "$@"`;
  const words = ["sh", "-c", sized, "sh", ...command];
  switch (process.platform) {
    case "linux":
      return [
        "script",
        "--quiet",
        "--return",
        "--flush",
        "--command",
        words.map(shellWord).join(" "),
        "/dev/null",
      ];
    case "darwin":
      return ["script", "-q", "/dev/null", ...words];
    default:
      throw new Error(`no way is known to run a program in a terminal on ${process.platform}`);
  }
}

function shellWord(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Leaves what a person reads: removes escape sequences, and the carriage returns a terminal adds. */
function plain(text: string): string {
  return text.replaceAll(ESCAPE_SEQUENCE, "").replaceAll("\r\n", "\n");
}

/** This repository's program: what a shell of a test's own starts. */
export function manage(): [file: string, ...args: string[]] {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  return [process.execPath, "--import", tsx, repoPath("manage.ts")];
}

function environment(given: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const passed = PASSED_ON.flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  );
  return { ...Object.fromEntries(passed), ...given };
}

/** The program may end before it has read everything; its exit code tells. */
function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}
