import { dbInfo, type DbInfo } from "../../actions/db-info.ts";
import { isFailure } from "../../actions/report.ts";
import type { Context } from "../context.ts";
import { databaseLines, failureLines } from "../database-lines.ts";
import type { Output } from "../output.ts";
import { countOf, formatBytes, renderTable, shown } from "../render.ts";

export async function run({ deps, output }: Context): Promise<void> {
  const info = await dbInfo(deps);
  output.result("db-info", info, `${render(info, output)}\n`);
}

function render(info: DbInfo, output: Output): string {
  const { settings, target, files, local, primary, replica } = info;
  const sections: [string, string[]][] = [
    [
      "Configuration",
      [
        renderTable(
          settings.map(({ name, value, origin }) => [
            name,
            value ?? "not set",
            origin === null ? "" : `(${origin})`,
          ]),
        ),
      ],
    ],
    ["Target", [`  ${target.kind}: ${target.name}`]],
    ["Files", files.map(({ path, bytes }) => `  ${path}  ${formatBytes(bytes)}`)],
    ["Primary", primary === null ? [] : databaseLines(primary, output)],
    [primary === null ? "Database" : "Replica", local === null ? [] : databaseLines(local, output)],
    ["Sync", replica === null ? [] : replicaLines(replica, output)],
    ["Models", modelLines(info, output)],
  ];
  return sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => [title, ...lines].join("\n"))
    .join("\n\n");
}

function replicaLines(
  { equalsPrimary, frame }: NonNullable<DbInfo["replica"]>,
  { inWords }: Output,
): string[] {
  const verdict =
    equalsPrimary === null
      ? "cannot be compared with the primary"
      : equalsPrimary
        ? "same schema and same last rebuild as the primary"
        : inWords("NOT at the primary's state (clean-slate sync brings it there)");
  return [`  ${verdict}`, ...(frame === null ? [] : [`  replicated up to frame ${frame}`])];
}

function modelLines({ models, drift, newest }: DbInfo, output: Output): string[] {
  if (isFailure(models)) return failureLines(models, output);
  return [
    `  ${models.creates} (fingerprint ${models.fingerprint})`,
    ...models.warnings.map((warning) => `  warning: ${warning}`),
    newest === null
      ? "  no reviewed file yet"
      : `  newest reviewed file: ${newest.file} ${newest.standing === "matches" ? "matches" : `(${newest.standing})`}`,
    ...driftLines(drift),
  ];
}

function driftLines(drift: DbInfo["drift"]): string[] {
  if (drift === null) return ["  drift: unknown, the database cannot be read"];
  if (drift.length === 0) return ["  drift: none, the database matches the models"];
  return [
    `  drift: ${countOf(drift.length, "difference")}`,
    ...drift.map((change) => `    ${shown(change)}`),
  ];
}
