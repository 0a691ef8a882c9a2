import { protectDatabase } from "../../actions/protect.ts";
import type { Context } from "../context.ts";

export interface ProtectFlags {
  readonly reason?: string;
}

export async function run({ deps, output }: Context, { reason }: ProtectFlags): Promise<void> {
  const result = await protectDatabase(deps, { reason: reason ?? null });
  output.result(
    "protect",
    result,
    `protected ${result.database}: it is not rebuilt any more without --allow-protected ${result.database}\n`,
  );
}
