import { backupDatabase } from "../../actions/backup.ts";
import { backupData, contentOf, noteDeleted } from "../backup-lines.ts";
import type { Context } from "../context.ts";

export async function run({ deps, output }: Context, { name }: { readonly name?: string }): Promise<void> {
  const made = await backupDatabase(deps, { name });
  noteDeleted(output, made.pruned);
  const { backup } = made;
  output.result("backup", backupData(made), `wrote ${backup.path} (${contentOf(backup)})\n`);
}
