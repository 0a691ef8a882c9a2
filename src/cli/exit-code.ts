import type { ExitCode } from "./context.ts";

export function setExitCode(code: ExitCode): void {
  process.exitCode = code;
}

/** Makes the run one that has failed, whatever code is set until it ends. */
export function failAtExit(): void {
  process.once("exit", () => setExitCode(1));
}
