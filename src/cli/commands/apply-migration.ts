import type { Deps } from "../../actions/deps.ts";
import { refuseProtected } from "../../actions/guards.ts";
import { rowsLost } from "../../actions/losses.ts";
import { performRebuild } from "../../actions/perform-rebuild.ts";
import { prepareRebuild, type PreparedRebuild } from "../../actions/prepare-rebuild.ts";
import { agree, askAgainWhenChanged, isAsking, type AgreeFlags } from "../agree.ts";
import { backupData, noteBackup } from "../backup-lines.ts";
import type { Context, ExitCode } from "../context.ts";
import { uninterrupted } from "../interrupt.ts";
import { renderLedger, renderScript, type LedgerOptions } from "../ledger.ts";
import { countOf } from "../render.ts";
import { noteSetAside, targetData, targetName } from "../target-lines.ts";

export interface ApplyFlags extends AgreeFlags {
  readonly dryRun?: boolean;
  readonly file?: string;
  readonly allowProtected?: string;
  /** False after `--no-backup`. */
  readonly backup?: boolean;
  readonly verbose?: boolean;
}

export async function run(context: Context, flags: ApplyFlags): Promise<ExitCode> {
  if (flags.dryRun) return dryRun(context, flags);
  return askAgainWhenChanged(context, flags, () => rebuild(context, flags));
}

async function dryRun({ deps, output }: Context, flags: ApplyFlags): Promise<ExitCode> {
  const prepared = await prepareRebuild(deps, flags);
  for (const warning of prepared.blueprint.warnings) output.warn(warning);
  const sql = renderScript(prepared);
  if (!output.isJson) output.note(renderLedger(prepared, ledgerOptions(deps, flags)));
  output.result("apply-migration", { kind: "dry-run", ...dataOf(prepared), sql }, sql);
  return 0;
}

function ledgerOptions({ config, now }: Deps, { verbose }: ApplyFlags): LedgerOptions {
  return { root: config.root, now: now(), isVerbose: verbose ?? false };
}

async function rebuild({ deps, output }: Context, flags: ApplyFlags): Promise<ExitCode> {
  const start = performance.now();
  const prepared = await prepareRebuild(deps, { ...flags, isReviewed: isAsking(deps, flags) });
  for (const warning of prepared.blueprint.warnings) output.warn(warning);
  if (!output.isJson) output.note(renderLedger(prepared, ledgerOptions(deps, flags)));
  refuseProtected(prepared);
  await ask({ deps, output }, flags, prepared);
  const asked = performance.now();
  const { value, isInterrupted } = await uninterrupted(output, (signal) =>
    performRebuild({ ...deps, signal }, prepared),
  );
  const { replica, runId, fingerprint, backup } = value;
  noteSetAside(output, replica?.setAside);
  noteBackup(output, backup);
  const took = Math.round(performance.now() - (isAsking(deps, flags) ? asked : start));
  output.result(
    "apply-migration",
    { kind: "rebuilt", ...dataOf(prepared), runId, replica, ...backupData(backup), milliseconds: took },
    `rebuilt ${targetName(prepared.target, deps.config.root)}: ${prepared.blueprint.creates}; ` +
      `${proofWords(prepared)} (fingerprint ${fingerprint}, ${took} ms)\n`,
  );
  return isInterrupted ? 130 : 0;
}

function proofWords({ target, file }: PreparedRebuild): string {
  return `${target.kind === "replica" ? "primary and replica " : ""}proven equal to ${file ?? "the models"}`;
}

async function ask(context: Context, flags: ApplyFlags, { target, losses }: PreparedRebuild): Promise<void> {
  const lost = countOf(rowsLost(losses), "row");
  const name = targetName(target, context.deps.config.root);
  const where = target.kind === "local" ? name : "the remote database";
  await agree(context, {
    flags,
    question: `Drop everything in ${name} (${lost}) and rebuild it?`,
    statement: `This drops everything in ${where} (${lost}).`,
  });
}

function dataOf(prepared: PreparedRebuild): object {
  const { target, isBackedUp, blueprint, losses, protection, production, file, newest } = prepared;
  return {
    target: targetData(target),
    fingerprint: blueprint.fingerprint,
    protection,
    production,
    file,
    isBackedUp,
    drops: losses,
    rowsLost: rowsLost(losses),
    creates: blueprint.statements.map((statement) => ({ kind: statement.kind, name: statement.name })),
    newest: newest && { file: newest.file.name, standing: newest.standing },
    warnings: blueprint.warnings,
  };
}
