import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { repository } from "./paths.ts";
import { runCli, startCli, type CliResult } from "./run-cli.ts";

const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

const node = (code: string) =>
  [process.execPath, "--import", tsx, "--input-type=module", "--eval", code] as [string, ...string[]];

/** Runs the source of an ES module in a process of its own; it imports as a file in the repository's folder would. */
export function runProgram(code: string): Promise<CliResult> {
  return runCli([], { cwd: repository, program: node(code) });
}

/** Starts one and leaves it running, for tests that signal it. */
export function startProgram(code: string) {
  return startCli([], { cwd: repository, program: node(code) });
}
