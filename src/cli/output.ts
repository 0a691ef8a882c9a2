import { styleText } from "node:util";
import { CleanSlateError } from "../errors.ts";
import { failAtExit } from "./exit-code.ts";

type Format = Parameters<typeof styleText>[0];

/** The only writer to the terminal: the result goes to stdout, everything else to stderr. */
export interface Output {
  readonly isJson: boolean;
  /** Whether stdout may be coloured; false under NO_COLOR. */
  readonly hasColor: boolean;
  /** Writes text to stdout as it is. */
  readonly print: (text: string) => void;
  /** Writes text to stderr as it is. */
  readonly printError: (text: string) => void;
  /** Prints the result: `data` as the one JSON document of `--json`, else `text`. */
  result(command: string, data: object, text: string): void;
  /** A line beside the result. */
  note(text: string): void;
  warn(text: string): void;
  /** What is being waited for; shown only when it takes longer than half a second. */
  progress(message: string): void;
  error(command: string, error: unknown): void;
  /** Rewrites `clean-slate <command>` in a hint, or in words of ours, to how the program was called. Not for what holds other values. */
  readonly inWords: (text: string) => string;
  /** Colours a text for stderr, where the terminal and NO_COLOR allow it. */
  style(format: Format, text: string): string;
  close(): void;
}

/** A command as a hint names one: a folder or file called `clean-slate …`, which a hint may name too, goes on or begins otherwise. */
const COMMAND = /(?<=^|[\s(])clean-slate (?=[a-z][a-z-]*(?:[\s,;)]|$))/g;

/** What looks like a token where a person may have typed one. */
const TOKENS = new RegExp(
  [
    /(?:\b|(?<='-\w))eyJ[\w-]{16,}(?:\.[\w-]*)*/, // a JWT, also right behind an option of one letter
    /(?<=[aA][uU][tT][hH]_?[tT][oO][kK][eE][nN]=)[^\s"'&]+/,
    /(?<=\w\w:\/{1,2})[^\s@/]{1,200}(?=@)/, // before the host of an address; a path that was made of one has a slash less
    /(?<=\w\w:\/{1,2})[^\s@/]{0,200}:(?!\d+\/)\S{0,200}(?=@)/, // a password that holds a slash or an @
    /(?<=unknown option '--?[\w-]+[=:])[^\n]+(?=')/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "g",
);

/** Milliseconds before a progress message is worth a line. */
const PATIENCE = 500;

export interface OutputOptions {
  readonly isJson: boolean;
  readonly hasColor: boolean;
  /** How the program was called, `npx tsx manage.ts` or `npx clean-slate`, so that a hint can be typed as it stands. */
  readonly call: string;
}

export function createOutput({ isJson, hasColor, call }: OutputOptions): Output {
  // Models write to them too.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", onUnwritten);
  let timer: NodeJS.Timeout | undefined;
  const printError = (text: string): void => void process.stderr.write(withoutTokens(text));
  const toStderr = (text: string): void => printError(`${text}\n`);
  const style = (format: Format, text: string): string =>
    hasColor && process.stderr.hasColors?.() ? styleText(format, text) : text;
  const quiet = (): void => clearTimeout(timer);
  const inWords = (text: string): string => text.replaceAll(COMMAND, `${call} `);
  return {
    isJson,
    hasColor: hasColor && (process.stdout.hasColors?.() ?? false),
    print,
    printError,
    inWords,
    style,
    close: quiet,
    note: (text) => {
      quiet(); // what was waited for is here; a late line would stand in the middle of a question
      toStderr(text);
    },
    warn: (text) => toStderr(`${style("yellow", "warning:")} ${text}`),
    progress: (message) => {
      quiet();
      timer = setTimeout(() => toStderr(style("dim", `… ${message}`)), PATIENCE);
      timer.unref();
    },
    result: (command, data, text) => {
      quiet();
      print(isJson ? `${JSON.stringify({ ok: true, command, ...data }, jsonValue, 2)}\n` : text);
    },
    error: (command, error) => {
      quiet();
      const known = error instanceof CleanSlateError ? error : null;
      const message = known ? known.message : stackOf(error);
      const hint = known?.hint === undefined ? null : inWords(known.hint);
      if (isJson) {
        const document = { ok: false, command, error: { code: known?.code ?? "INTERNAL", message, hint } };
        print(withoutTokens(`${JSON.stringify(document, null, 2)}\n`));
      }
      toStderr(`${style("red", known ? "error:" : "internal error:")} ${message}`);
      if (hint !== null) toStderr(`${style("cyan", "next:")} ${hint}`);
    },
  };
}

function withoutTokens(text: string): string {
  return text.replaceAll(TOKENS, "[token]");
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Writes text to stdout as it is. */
function print(text: string): void {
  process.stdout.write(text);
}

/** Writes to stdout all that a program says which makes no output: the rest of one takes longer than that. */
export function printOnly(text: string): void {
  process.stdout.on("error", onUnwritten);
  print(text);
}

const ROOM = "make room where it goes; what the command has begun, it finishes all the same";

let isUnwritten = false;

/** Whoever reads us may have enough (`| head`). Of what is unsaid for another reason the exit code tells; what was begun is finished all the same. */
function onUnwritten({ code, message }: NodeJS.ErrnoException): void {
  if (code === "EPIPE" || isUnwritten) return;
  isUnwritten = true;
  failAtExit();
  process.stderr.write(`error: cannot write the output (${code ?? message})\nnext: ${ROOM}\n`);
}

/** Integers beyond 2^53 have no JSON number; they travel as text. */
function jsonValue(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
