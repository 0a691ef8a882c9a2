import type { Deps } from "../../src/actions/deps.ts";
import type { Context } from "../../src/cli/context.ts";
import { recordOutput, type RecordedOutput } from "./recorded-output.ts";

/** Runs a command's own part in this process, where the program around it does not matter. */
export async function runCommand<Flags>(
  { run }: { readonly run: (context: Context, flags: Flags) => Promise<number | void> },
  deps: Deps,
  flags: Flags,
): Promise<RecordedOutput & { readonly code: number }> {
  const output = recordOutput();
  const code = (await run({ deps, output }, flags)) ?? 0;
  return Object.assign(output, { code });
}
