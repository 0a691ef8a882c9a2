import { performRebuild } from "../../actions/perform-rebuild.ts";
import { prepareRebuild, type ApplyOptions, type PreparedRebuild } from "../../actions/prepare-rebuild.ts";
import { backupData } from "../backup-lines.ts";
import type { Context, ExitCode } from "../context.ts";
import { renderLedger, renderScript } from "../ledger.ts";
import { preparedData, replaceWhenAgreed, type ReplaceFlags } from "../replace.ts";
import { targetName } from "../target-lines.ts";

export interface ApplyFlags extends ReplaceFlags {
  readonly file?: string;
}

export async function run(context: Context, flags: ApplyFlags): Promise<ExitCode> {
  const { deps, output } = context;
  const prepare = async (
    options: Pick<ApplyOptions, "isReviewed" | "isAgreed">,
  ): Promise<PreparedRebuild> => {
    const prepared = await prepareRebuild(deps, { ...flags, ...options });
    for (const warning of prepared.blueprint.warnings) output.warn(output.inWords(warning));
    return prepared;
  };
  const ledger = (prepared: PreparedRebuild): string =>
    renderLedger(prepared, {
      root: deps.config.root,
      now: deps.now(),
      isVerbose: flags.verbose ?? false,
      inWords: output.inWords,
    });
  if (flags.dryRun) {
    const prepared = await prepare({});
    const sql = renderScript(prepared);
    if (!output.isJson) output.note(ledger(prepared));
    output.result("apply-migration", { kind: "dry-run", ...dataOf(prepared), sql }, sql);
    return 0;
  }
  const { root } = deps.config;
  const { prepared, replaced, milliseconds, code } = await replaceWhenAgreed(context, flags, {
    prepare: (isReviewed) => prepare({ isReviewed, isAgreed: !isReviewed }),
    ledger,
    ask: ({ target }, rows) => ({
      question: `Drop everything in ${targetName(target, root)} (${rows}) and rebuild it?`,
      statement: `This drops everything in ${target.kind === "local" ? targetName(target, root) : "the remote database"} (${rows}).`,
    }),
    perform: performRebuild,
  });
  const { replica, runId, fingerprint, backup } = replaced;
  output.result(
    "apply-migration",
    { kind: "rebuilt", ...dataOf(prepared), runId, replica, ...backupData(backup), milliseconds },
    `rebuilt ${targetName(prepared.target, root)}: ${prepared.blueprint.creates}; ` +
      `${proofWords(prepared)} (fingerprint ${fingerprint}, ${milliseconds} ms)\n`,
  );
  return code;
}

function proofWords({ target, file }: PreparedRebuild): string {
  return `${target.kind === "replica" ? "primary and replica " : ""}proven equal to ${file ?? "the models"}`;
}

function dataOf(prepared: PreparedRebuild): object {
  const { blueprint, file, newest } = prepared;
  return {
    ...preparedData(prepared),
    fingerprint: blueprint.fingerprint,
    file,
    creates: blueprint.statements.map((statement) => ({ kind: statement.kind, name: statement.name })),
    newest: newest && { file: newest.file.name, standing: newest.standing },
    warnings: blueprint.warnings,
  };
}
