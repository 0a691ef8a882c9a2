import { rowsLost } from "../actions/losses.ts";
import type { PreparedRebuild } from "../actions/prepare-rebuild.ts";
import { lossLines, type LossLinesOptions } from "./loss-lines.ts";
import type { Output } from "./output.ts";
import { countOf, shown } from "./render.ts";
import { guardLines, replicaLines, targetName } from "./target-lines.ts";

export interface LedgerOptions extends Omit<LossLinesOptions, "source"> {
  readonly root: string;
  readonly inWords: Output["inWords"];
}

/** Everything a rebuild takes and gives, before anyone says yes. */
export function renderLedger(prepared: PreparedRebuild, options: LedgerOptions): string {
  const { target, blueprint, file } = prepared;
  return [
    `Target: ${targetName(target, options.root)}`,
    ...guardLines(prepared),
    ...dropWords(prepared, options),
    ...backupWords(prepared, options),
    `Creates: ${blueprint.creates} from ${file ?? "the models"} (fingerprint ${blueprint.fingerprint})`,
    ...newestWords(prepared, options),
    ...replicaLines(prepared),
  ].join("\n");
}

function dropWords({ losses, file }: PreparedRebuild, options: LedgerOptions): string[] {
  if (losses.length === 0) return ["Drops:  nothing, the database is empty"];
  const gone = losses.filter(({ isRecreated }) => !isRecreated).length;
  const source = file ?? "the models";
  const words = gone === 0 ? "" : `; ${countOf(gone, "object")} not in ${source} will not come back`;
  return [
    `Drops:  ${countOf(losses.length, "object")}, ${countOf(rowsLost(losses), "row")} lost${words}`,
    ...lossLines(losses, { ...options, source }),
  ];
}

function backupWords({ isBackedUp, losses }: PreparedRebuild, { inWords }: LedgerOptions): string[] {
  if (losses.length === 0) return [];
  if (isBackedUp) return [inWords("Backup: made first; clean-slate restore brings everything back")];
  return ["Backup: NONE (--no-backup): nothing will bring this back"];
}

function newestWords({ newest }: PreparedRebuild, { inWords }: LedgerOptions): string[] {
  switch (newest?.standing) {
    case undefined:
      return [];
    case "matches":
      return [`Reviewed: ${newest?.file.name} matches the models`];
    case "differs":
      return [
        `Reviewed: ${newest?.file.name} does NOT match the models (${inWords("clean-slate generate-migration")} writes a new one)`,
      ];
    case "unusable":
      return [`Reviewed: ${newest?.file.name} cannot be compared: ${newest?.reason}`];
  }
}

/** The SQL of the plan, in order; that its catalog is set aside changes nothing of what it does. */
export function renderScript({ plan }: PreparedRebuild): string {
  return plan.statements
    .filter(({ role }) => role !== "catalog")
    .map(({ sql, label, role }) => `${role === "create" ? "" : `-- ${shown(label)}\n`}${sql};\n`)
    .join("");
}
