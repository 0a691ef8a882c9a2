import { relative } from "node:path";
import type { Loss, PreparedRebuild } from "../actions/prepare-rebuild.ts";
import type { Target } from "../database/target.ts";
import { summarize } from "../plan/migration-text.ts";
import { countOf, renderTable, shown } from "./render.ts";

/** A target as a person knows it. */
export function targetName(target: Target, root: string): string {
  switch (target.kind) {
    case "local":
      return pathName(target.path, root);
    case "replica":
      return `${target.primary.name} at ${target.primary.host} and its replica ${pathName(target.path, root)}`;
    case "remote":
      return `${target.primary.name} at ${target.primary.host}`;
  }
}

function pathName(path: string, root: string): string {
  const short = relative(root, path);
  return short.startsWith("..") ? path : short;
}

export function rowsLost(losses: readonly Loss[]): number {
  return losses.reduce((sum, { rows }) => sum + (rows ?? 0), 0);
}

/** Everything a rebuild takes and gives, before anyone says yes. */
export function renderLedger(prepared: PreparedRebuild, root: string): string {
  const { target, losses, blueprint, file } = prepared;
  return [
    `Target: ${targetName(target, root)}`,
    ...(losses.length === 0
      ? ["Drops:  nothing, the database is empty"]
      : [
          `Drops:  ${countOf(losses.length, "object")}, ${countOf(rowsLost(losses), "row")}`,
          lossTable(losses),
        ]),
    `Creates: ${summarize(blueprint.statements)} from ${file ?? "the models"} (fingerprint ${blueprint.fingerprint})`,
    ...newestWords(prepared),
    ...replicaWords(prepared),
  ].join("\n");
}

function lossTable(losses: readonly Loss[]): string {
  return renderTable(
    losses.map(({ kind, name, rows, isRecreated }) => [
      kind,
      shown(name),
      rows === null ? "" : countOf(rows, "row"),
      isRecreated ? "" : "not in the models, will not come back",
    ]),
  );
}

function newestWords({ newest }: PreparedRebuild): string[] {
  switch (newest?.standing) {
    case undefined:
      return [];
    case "matches":
      return [`Reviewed: ${newest?.file.name} matches the models`];
    case "differs":
      return [
        `Reviewed: ${newest?.file.name} does NOT match the models (clean-slate generate-migration writes a new one)`,
      ];
    case "unusable":
      return [`Reviewed: ${newest?.file.name} cannot be compared: ${newest?.reason}`];
  }
}

function replicaWords({ replica }: PreparedRebuild): string[] {
  if (replica?.kind !== "broken") return [];
  return [`Replica: ${replica.reason}; its files will be set aside, not deleted, and the replica made anew`];
}

/** The complete SQL of the plan, in order. */
export function renderScript({ plan }: PreparedRebuild): string {
  return plan.statements
    .map(({ sql, label, role }) => `${role === "create" ? "" : `-- ${shown(label)}\n`}${sql};\n`)
    .join("");
}
