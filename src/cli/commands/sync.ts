import { syncReplicaAction } from "../../actions/sync.ts";
import type { Context } from "../context.ts";

export async function run({ deps, output }: Context): Promise<void> {
  const result = await syncReplicaAction(deps);
  if (result.setAside)
    output.warn(`the old replica's files were not usable; they were moved to ${result.setAside}`);
  const frame = result.frame === null ? "" : `, frame ${result.frame}`;
  output.result(
    "sync",
    result,
    `synced ${result.path} from ${result.host}: proven equal (fingerprint ${result.fingerprint}${frame})\n`,
  );
}
