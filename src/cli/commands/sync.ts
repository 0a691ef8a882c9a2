import { syncTarget } from "../../actions/sync.ts";
import type { Context } from "../context.ts";
import { noteSetAside } from "../target-lines.ts";

export async function run({ deps, output }: Context): Promise<void> {
  const result = await syncTarget(deps);
  noteSetAside(output, result.setAside);
  const frame = result.frame === null ? "" : `, frame ${result.frame}`;
  output.result(
    "sync",
    result,
    `synced ${result.path} from ${result.host}: proven equal (fingerprint ${result.fingerprint}${frame})\n`,
  );
}
