import type { Output } from "../../src/cli/output.ts";

/** An output that keeps what a command says instead of printing it. */
export interface RecordedOutput extends Output {
  /** What would stand on stdout: the text of the result, or its one document. */
  readonly stdout: string;
  readonly stderr: string;
  /** The data of the result, as `--json` prints it. */
  readonly data: Readonly<Record<string, unknown>>;
}

export function recordOutput({ isJson = false } = {}): RecordedOutput {
  let stdout = "";
  let stderr = "";
  let data: Record<string, unknown> = {};
  const say = (text: string): void => void (stderr += `${text}\n`);
  return {
    isJson,
    hasColor: false,
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
    get data() {
      return data;
    },
    print: (text) => void (stdout += text),
    printError: (text) => void (stderr += text),
    result: (command, result, text) => {
      data = JSON.parse(
        JSON.stringify({ ok: true, command, ...result }, (_, value: unknown) =>
          typeof value === "bigint" ? String(value) : value,
        ),
      ) as Record<string, unknown>;
      stdout += isJson ? JSON.stringify(data) : text;
    },
    note: say,
    warn: say,
    progress: () => {},
    error: (_, error) => say(String(error)),
    inWords: (text) => text,
    style: (_, text) => text,
    close: () => {},
  };
}
