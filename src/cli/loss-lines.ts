import { rowsLost, type Loss } from "../actions/losses.ts";
import { ageOf, formatBytes, countOf, grouped, renderTable, shown } from "./render.ts";

export interface LossLinesOptions {
  readonly now: Date;
  /** Whether every object gets its line. */
  readonly isVerbose: boolean;
  /** What the database becomes: the models, a file or a backup, in words. */
  readonly source: string;
}

/** Lines a folded list takes at most, so that a ledger and its question fit on a terminal of 24. */
const LINES = 12;
/** Names of extra columns and indexes a folded line tells. */
const EXTRAS = 2;

/** The losses one by one, the gravest first; what does not fit is summed up, never left out. */
export function lossLines(losses: readonly Loss[], options: LossLinesOptions): string[] {
  const { isVerbose } = options;
  const sorted = losses.toSorted((a, b) => gravity(b) - gravity(a) || (b.rows ?? 0) - (a.rows ?? 0));
  const isFolded = !isVerbose && sorted.length > LINES;
  const told = isFolded ? sorted.slice(0, LINES - 1) : sorted;
  const cells = told.map((loss) => cellsOf(loss, options));
  const used = [0, 1, 2, 3, 4, 5].filter((column) => cells.some((row) => row[column] !== ""));
  const table = renderTable(cells.map((row) => used.map((column) => row[column] ?? "")));
  return [table, ...(isFolded ? [foldLine(sorted.slice(LINES - 1), options)] : [])];
}

/** Rows that the models do not even know weigh most, then any rows, then unknown objects, then unknown parts. */
function gravity(loss: Loss): number {
  const mayHoldRows = loss.rows === null ? loss.holdsRows : loss.rows > 0;
  return (mayHoldRows ? 4 : 0) + (loss.isRecreated ? 0 : 2) + (loss.extras.length > 0 ? 1 : 0);
}

function cellsOf(loss: Loss, options: LossLinesOptions): string[] {
  const { now, source } = options;
  const { kind, name, holdsRows, rows, newest, bytes, isRecreated, extras } = loss;
  return [
    kind,
    shown(name),
    rows === null ? (holdsRows ? "rows unknown" : "") : countOf(rows, "row"),
    newest === null ? "" : `newest ${ageOf(new Date(newest), now)}`,
    bytes === null || rows === 0 ? "" : formatBytes(bytes),
    isRecreated ? extraWords(extras, options) : `not in ${source}, will not come back`,
  ];
}

function extraWords(extras: readonly string[], { isVerbose, source }: LossLinesOptions): string {
  if (extras.length === 0) return "";
  const told = isVerbose ? extras : extras.slice(0, EXTRAS);
  const rest = extras.length - told.length;
  return `not in ${source}: ${told.map(shown).join(", ")}${rest > 0 ? `, and ${rest} more` : ""}`;
}

function foldLine(folded: readonly Loss[], { source }: LossLinesOptions): string {
  const unknown = folded.filter(({ isRecreated, extras }) => !isRecreated || extras.length > 0).length;
  const marks = unknown > 0 ? `, ${grouped(unknown)} of them not (wholly) in ${source}` : "";
  return `  … and ${countOf(folded.length, "more object")} with ${countOf(rowsLost(folded), "row")}${marks}, --verbose shows all`;
}
