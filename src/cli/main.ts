import { CommanderError } from "commander";
import { CleanSlateError } from "../errors.ts";
import { createOutput, type Output } from "./output.ts";
import { createProgram, type ExitCode } from "./program.ts";

/** Runs the command line and sets the exit code: 0 done, 1 failed, 130 interrupted. The only place that catches everything. */
export async function main(argv: readonly string[]): Promise<void> {
  const words = argv.slice(2);
  const call = /manage\.[cm]?[jt]s$/.test(argv[1] ?? "") ? "npx tsx manage.ts" : "npx clean-slate";
  const output = createOutput({
    isJson: words.includes("--json"),
    hasColor: !words.includes("--no-color"),
    program: { call },
  });
  const command = words.find((word) => !word.startsWith("-")) ?? "";
  try {
    await createProgram({ output, call, onExit: setExitCode }).parseAsync([...argv]);
  } catch (error) {
    setExitCode(report(output, command, error));
  } finally {
    output.close();
  }
}

function setExitCode(code: ExitCode): void {
  process.exitCode = code;
}

function report(output: Output, command: string, error: unknown): ExitCode {
  // Commander has already written its own words for help and for wrong usage.
  if (error instanceof CommanderError) {
    if (output.isJson && error.exitCode !== 0)
      output.error(command, new CleanSlateError("USAGE", error.message));
    return error.exitCode === 0 ? 0 : 1;
  }
  output.error(command, error);
  return error instanceof CleanSlateError && error.code === "CANCELLED" ? 130 : 1;
}
