import { pruneToNewest, readBackups } from "../../actions/backups.ts";
import { CleanSlateError } from "../../errors.ts";
import { backupTable } from "../backup-lines.ts";
import type { Context } from "../context.ts";
import { countOf } from "../render.ts";

export interface BackupsFlags {
  readonly keep?: string;
  readonly operands: readonly string[];
}

export async function run(context: Context, { keep, operands }: BackupsFlags): Promise<void> {
  const [verb] = operands;
  if (verb === "prune") return prune(context, keep);
  if (verb !== undefined || keep !== undefined) {
    throw new CleanSlateError(
      "USAGE",
      verb === undefined ? "--keep belongs to prune" : `backups has no "${verb}"`,
      {
        hint: "clean-slate backups lists them, clean-slate backups prune --keep 5 deletes the older ones",
      },
    );
  }
  list(context);
}

function list({ deps, output }: Context): void {
  const { backups, damaged } = readBackups(deps);
  for (const { name, reason } of damaged) output.warn(`${name} is damaged: ${reason}`);
  const folder = deps.config.backups.value;
  output.result(
    "backups",
    { folder, backups, damaged },
    backups.length === 0 ? `no backups in ${folder}\n` : `${backupTable(backups, deps.now())}\n`,
  );
}

function prune({ deps, output }: Context, keep: string | undefined): void {
  const deleted = pruneToNewest(deps, keep);
  const words = deleted.map(({ name }) => `deleted ${name}\n`).join("");
  const left = readBackups(deps).backups;
  const names = deleted.map(({ name }) => name);
  output.result(
    "backups",
    { deleted: names, left: left.length },
    `${words}${countOf(left.length, "backup")} left\n`,
  );
}
