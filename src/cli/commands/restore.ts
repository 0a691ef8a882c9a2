import { rowsLost } from "../../actions/losses.ts";
import { refuseProtected } from "../../actions/guards.ts";
import { performRestore } from "../../actions/perform-restore.ts";
import { prepareRestore, type PreparedRestore } from "../../actions/prepare-restore.ts";
import { agree, askAgainWhenChanged, type AgreeFlags } from "../agree.ts";
import { backupData, contentOf, noteBackup } from "../backup-lines.ts";
import type { Context, ExitCode } from "../context.ts";
import { uninterrupted } from "../interrupt.ts";
import { lossLines } from "../loss-lines.ts";
import { ageOf, countOf, shown } from "../render.ts";
import { guardLines, noteSetAside, targetData, targetName } from "../target-lines.ts";

export interface RestoreFlags extends AgreeFlags {
  readonly operands: readonly string[];
  readonly dryRun?: boolean;
  readonly verbose?: boolean;
  readonly allowProtected?: string;
  /** False after `--no-backup`. */
  readonly backup?: boolean;
}

export async function run(context: Context, flags: RestoreFlags): Promise<ExitCode> {
  if (flags.dryRun) return dryRun(context, flags);
  return askAgainWhenChanged(context, flags, () => restore(context, flags));
}

function prepare({ deps }: Context, flags: RestoreFlags): Promise<PreparedRestore> {
  return prepareRestore(deps, { ...flags, name: flags.operands[0] ?? "latest" });
}

async function dryRun(context: Context, flags: RestoreFlags): Promise<ExitCode> {
  const { output } = context;
  const prepared = await prepare(context, flags);
  const ledger = output.inWords(render(context, prepared, flags));
  output.result("restore", { kind: "dry-run", ...dataOf(prepared) }, `${ledger}\n`);
  return 0;
}

async function restore(context: Context, flags: RestoreFlags): Promise<ExitCode> {
  const { deps, output } = context;
  const prepared = await prepare(context, flags);
  if (!output.isJson) output.note(render(context, prepared, flags));
  refuseProtected(prepared);
  const name = targetName(prepared.target, deps.config.root);
  const lost = countOf(rowsLost(prepared.losses), "row");
  await agree(context, {
    flags,
    question: `Replace everything in ${name} (${lost}) by this backup?`,
    statement: `This replaces everything in ${name} (${lost}).`,
  });
  const { value, isInterrupted } = await uninterrupted(output, (signal) =>
    performRestore({ ...deps, signal }, prepared),
  );
  noteSetAside(output, value.replica?.setAside);
  noteBackup(output, value.backup);
  const { runId, fingerprint, replica } = value;
  output.result(
    "restore",
    { kind: "restored", ...dataOf(prepared), runId, fingerprint, replica, ...made(value.backup) },
    `restored ${name} from ${prepared.backup.name}: ${contentOf(prepared.backup)}; every row proven equal\n`,
  );
  return isInterrupted ? 130 : 0;
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
  ].join("\n");
}

function dataOf(prepared: PreparedRestore): object {
  const { target, backup, losses, isBackedUp, isForeign, protection, production } = prepared;
  return {
    target: targetData(target),
    from: backup,
    isForeign,
    protection,
    production,
    isBackedUp,
    drops: losses,
    rowsLost: rowsLost(losses),
  };
}
