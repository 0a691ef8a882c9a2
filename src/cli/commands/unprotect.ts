import { unprotectDatabase } from "../../actions/protect.ts";
import type { Context } from "../context.ts";

export async function run({ deps, output }: Context): Promise<void> {
  const result = await unprotectDatabase(deps);
  output.result(
    "unprotect",
    result,
    result.kind === "unchanged"
      ? `unchanged: ${result.database} was not protected\n`
      : `unprotected ${result.database}: it can be rebuilt again\n`,
  );
}
