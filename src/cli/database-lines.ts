import type { DatabaseReport } from "../actions/database-report.ts";
import { isFailure, type Failure, type Report } from "../actions/report.ts";
import type { Output } from "./output.ts";
import { formatBytes, countOf, renderTable, shown } from "./render.ts";

/** One database in words: versions, pages, tables, other objects, the last rebuild. */
export function databaseLines(
  report: Report<DatabaseReport & { readonly host?: string; readonly latency?: number }>,
  output: Output,
): string[] {
  if (isFailure(report)) return failureLines(report, output);
  const { programs, tables, fingerprint, lastRun, protection, latency } = report;
  return [
    ...(latency === undefined ? [] : [`  reachable, ${latency} ms a round trip`]),
    `  SQLite ${report.sqliteVersion}, journal mode ${report.journalMode ?? "unknown"}${pageWords(report)}`,
    `  fingerprint ${fingerprint}`,
    lastRun === null
      ? "  never rebuilt by Clean Slate"
      : `  last rebuilt ${lastRun["applied_at"]} (run ${lastRun["run_id"]})`,
    ...(protection === null
      ? []
      : [`  protected since ${shown(protection.since)}${reasonWords(protection)}`]),
    ...(tables.length === 0 ? ["  no tables"] : [renderTable(tables.map(tableRow))]),
    ...(programs.length === 0
      ? []
      : [`  and ${programs.map(shown).join(", ")} (views, triggers, virtual tables)`]),
    ...(tables.some(({ isEstimate }) => isEstimate)
      ? ["  ~ is the highest rowid: such tables are not counted row by row"]
      : []),
  ];
}

/** What could not be told, and the next command. */
export function failureLines({ error, hint }: Failure, { inWords }: Output): string[] {
  return [`  ${error}`, ...(hint === null ? [] : [`  next: ${inWords(hint)}`])];
}

function reasonWords({ reason }: { readonly reason: string | null }): string {
  return reason === null ? "" : `: ${shown(reason)}`;
}

function tableRow({
  name,
  rows,
  isEstimate,
  columns,
  indexes,
  bytes,
}: DatabaseReport["tables"][number]): string[] {
  const count = rows === null ? "rows unknown" : `${isEstimate ? "~" : ""}${countOf(rows, "row")}`;
  return [
    shown(name),
    count,
    countOf(columns, "column"),
    `${indexes} ${indexes === 1 ? "index" : "indexes"}`,
    bytes === null ? "" : formatBytes(bytes),
  ];
}

function pageWords({ pages }: DatabaseReport): string {
  return pages === null ? "" : `, ${pages.count} pages of ${pages.size} bytes, ${pages.free} free`;
}
