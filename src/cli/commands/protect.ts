import { protectDatabase } from "../../actions/protect.ts";
import type { Context } from "../context.ts";

export interface ProtectFlags {
  readonly reason?: string;
}

export async function run({ deps, output }: Context, { reason }: ProtectFlags): Promise<void> {
  const result = await protectDatabase(deps, { reason: reason ?? null });
  const { kind, database, protection } = result;
  const since = kind === "unchanged" ? ` since ${protection?.since}` : "";
  output.result(
    "protect",
    result,
    `protected${since}: ${database} is not rebuilt any more without --allow-protected ${database}\n`,
  );
}
