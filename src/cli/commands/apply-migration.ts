import { performRebuild } from "../../actions/perform-rebuild.ts";
import { prepareRebuild, type PreparedRebuild } from "../../actions/prepare-rebuild.ts";
import { summarize } from "../../plan/migration-text.ts";
import { confirm } from "../confirm.ts";
import type { Context } from "../context.ts";
import { countOf } from "../render.ts";
import { renderLedger, renderScript, rowsLost, targetName } from "../ledger.ts";

export interface ApplyFlags {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly file?: string;
}

export async function run({ deps, output }: Context, { yes, dryRun, file }: ApplyFlags): Promise<void> {
  const start = performance.now();
  const prepared = await prepareRebuild(deps, { file });
  for (const warning of prepared.blueprint.warnings) output.warn(warning);
  const data = dataOf(prepared);
  if (dryRun) {
    const sql = renderScript(prepared);
    output.result(
      "apply-migration",
      { kind: "dry-run", ...data, sql },
      `${renderLedger(prepared, deps.config.root)}\n\n${sql}`,
    );
    return;
  }
  if (!output.isJson) output.note(renderLedger(prepared, deps.config.root));
  if (!yes) await ask({ deps, output }, prepared);
  const asked = performance.now();
  const { replica, runId, fingerprint } = await performRebuild(deps, prepared);
  if (replica?.setAside)
    output.warn(`the old replica's files were not usable; they were moved to ${replica.setAside}`);
  const took = Math.round(performance.now() - (yes ? start : asked));
  output.result(
    "apply-migration",
    { kind: "rebuilt", ...data, runId, replica, milliseconds: took },
    `rebuilt ${targetName(prepared.target, deps.config.root)}: ${summarize(prepared.blueprint.statements)}; ` +
      `${proofWords(prepared)} (fingerprint ${fingerprint}, ${took} ms)\n`,
  );
}

function proofWords({ target }: PreparedRebuild): string {
  return target.kind === "replica"
    ? "primary and replica proven equal to the models"
    : "proven equal to the models";
}

async function ask({ deps, output }: Context, prepared: PreparedRebuild): Promise<void> {
  const { target, losses } = prepared;
  const lost = countOf(rowsLost(losses), "row");
  const isCI = deps.config.isCI || output.isJson;
  if (target.kind === "local") {
    await confirm({
      message: `Drop everything in ${targetName(target, deps.config.root)} (${lost}) and rebuild it?`,
      expected: null,
      isCI,
      flag: "--yes",
    });
    return;
  }
  const { name } = target.primary;
  await confirm({
    message: `This drops everything in the remote database (${lost}). Type its name, ${name}, to go on:`,
    expected: name,
    isCI,
    flag: "--yes",
  });
}

function dataOf({ target, blueprint, losses, file, newest }: PreparedRebuild): object {
  const { kind } = target;
  return {
    target: {
      kind,
      path: kind === "remote" ? null : target.path,
      host: kind === "local" ? null : target.primary.host,
    },
    fingerprint: blueprint.fingerprint,
    file,
    drops: losses,
    rowsLost: rowsLost(losses),
    creates: blueprint.statements.map((statement) => ({ kind: statement.kind, name: statement.name })),
    newest: newest && { file: newest.file.name, standing: newest.standing },
    warnings: blueprint.warnings,
  };
}
