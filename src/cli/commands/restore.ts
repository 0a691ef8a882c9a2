import { rowsLost } from "../../actions/losses.ts";
import { performRestore } from "../../actions/perform-restore.ts";
import { prepareRestore, type PreparedRestore } from "../../actions/prepare-restore.ts";
import { backupData, contentOf } from "../backup-lines.ts";
import type { Context, ExitCode } from "../context.ts";
import { lossLines } from "../loss-lines.ts";
import { ageOf, countOf, shown } from "../render.ts";
import { preparedData, replaceWhenAgreed, type ReplaceFlags } from "../replace.ts";
import { guardLines, replicaLines, targetName } from "../target-lines.ts";

export interface RestoreFlags extends ReplaceFlags {
  readonly operands: readonly string[];
}

export async function run(context: Context, flags: RestoreFlags): Promise<ExitCode> {
  const { deps, output } = context;
  const prepare = (isReviewed: boolean): Promise<PreparedRestore> =>
    prepareRestore(deps, { ...flags, isReviewed, name: flags.operands[0] ?? "latest" });
  const ledger = (prepared: PreparedRestore): string => render(context, prepared, flags);
  if (flags.dryRun) {
    const prepared = await prepare(false);
    output.result("restore", { kind: "dry-run", ...dataOf(prepared) }, `${ledger(prepared)}\n`);
    return 0;
  }
  const { root } = deps.config;
  const { prepared, replaced, code } = await replaceWhenAgreed(context, flags, {
    prepare,
    ledger,
    ask: ({ target }, rows) => ({
      question: `Replace everything in ${targetName(target, root)} (${rows}) by this backup?`,
      statement: `This replaces everything in ${targetName(target, root)} (${rows}).`,
    }),
    perform: performRestore,
  });
  const { runId, fingerprint, replica } = replaced;
  const { backup, target } = prepared;
  output.result(
    "restore",
    { kind: "restored", ...dataOf(prepared), runId, fingerprint, replica, ...made(replaced.backup) },
    `restored ${targetName(target, root)} from ${backup.name}: ${contentOf(backup)}; every row proven equal\n`,
  );
  return code;
}

function made(backup: Parameters<typeof backupData>[0]): object {
  const { backup: before, ...data } = backupData(backup) as { backup: unknown };
  return { ...data, before };
}

function render({ deps }: Context, prepared: PreparedRestore, { verbose }: RestoreFlags): string {
  const { target, backup, losses, isBackedUp, isForeign } = prepared;
  const now = deps.now();
  const gone = losses.filter(({ isRecreated }) => !isRecreated).length;
  return [
    `Target:   ${targetName(target, deps.config.root)}`,
    ...guardLines(prepared),
    `Backup:   ${backup.name} (${ageOf(new Date(backup.created), now)}, ${shown(backup.reason)})`,
    ...(isForeign ? [`          made of ANOTHER database: ${shown(backup.database.location)}`] : []),
    `Brings:   ${contentOf(backup)}`,
    losses.length === 0
      ? "Replaces: nothing, the database is empty"
      : `Replaces: ${countOf(losses.length, "object")}, ${countOf(rowsLost(losses), "row")}; ${gone} of the objects ${gone === 1 ? "is" : "are"} not in the backup`,
    ...lossLines(losses, { now, isVerbose: verbose ?? false, source: "the backup" }),
    ...(losses.length === 0 || isBackedUp
      ? []
      : ["Backup of what is there now: NONE (--no-backup): nothing will bring it back"]),
    ...replicaLines(prepared),
  ].join("\n");
}

function dataOf(prepared: PreparedRestore): object {
  const { backup, isForeign } = prepared;
  return { ...preparedData(prepared), from: backup, isForeign };
}
