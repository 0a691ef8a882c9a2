import { figuresOf, type Figures, type Outcome } from "./figures.ts";
import { isNetworked, titleOf, type Job } from "./scenario.ts";

/** What the times of a job are compared with. */
const FLOORS: Readonly<Record<Job, string>> = {
  start: "compiled no-op",
  generate: "ideal-generate",
  file: "ideal-apply-file",
  replica: "ideal-apply-replica",
  remote: "ideal-apply-remote",
  info: "ideal-db-info",
};

interface Column {
  readonly head: string;
  readonly cell: (figures: Figures) => string;
}

/** One race as a Markdown table under its title, what is wrong below it. */
export function renderOutcome({ race, results, absent }: Outcome): string {
  const rows = results.map(figuresOf);
  const faults = rows.filter(({ fault }) => fault !== null).map(({ name, fault }) => `${name}: ${fault}`);
  const columns = columnsFor(race.job, rows, (name) =>
    faults.findIndex((text) => text.startsWith(`${name}: `)),
  );
  const lines = [
    columns.map(({ head }) => head),
    columns.map((_, index) => (index === 0 ? "---" : "--:")),
    ...rows.map((row) => columns.map(({ cell }) => cell(row))),
  ];
  const notes = faults.map((text, index) => `${mark(index)} ${escape(text)}`);
  const table = lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  return [`### ${titleOf(race)}`, table, ...notes, ...absent].join("\n\n");
}

function columnsFor(job: Job, rows: readonly Figures[], faultOf: (name: string) => number): Column[] {
  const floor = rows.find(({ name }) => name === FLOORS[job]);
  const over = ({ isOverLimit }: Figures, text: string) => (isOverLimit ? "over the limit" : text);
  return [
    { head: "", cell: ({ name, group }) => (group === "clean-slate" ? `**${escape(name)}**` : escape(name)) },
    { head: "time", cell: (row) => over(row, milliseconds(row.wall)) },
    {
      head: "from – to",
      cell: (row) => over(row, `${milliseconds(row.fastest)} – ${milliseconds(row.slowest)}`),
    },
    { head: `÷ ${FLOORS[job]}`, cell: (row) => (floor ? over(row, (row.wall / floor.wall).toFixed(2)) : "") },
    { head: "CPU", cell: (row) => over(row, milliseconds(row.cpu)) },
    { head: "memory", cell: ({ memory }) => (memory === null ? "" : `${Math.round(memory / 2 ** 20)} MB`) },
    { head: "fsyncs", cell: ({ syncs }) => String(syncs ?? "") },
    ...(isNetworked(job) ? networkColumns : []),
    { head: "runs", cell: ({ runs }) => String(runs) },
    {
      head: "built",
      cell: (row) => (row.fault === null ? right(row) : `**wrong** ${mark(faultOf(row.name))}`),
    },
  ];
}

const networkColumns: readonly Column[] = [
  { head: "round trips", cell: ({ roundTrips }) => String(roundTrips ?? "") },
  {
    head: "sent + received",
    cell: ({ traffic }) => (traffic === null ? "" : `${Math.round(traffic / 1024)} kB`),
  },
];

function right({ isChecked }: Figures): string {
  return isChecked ? "right" : "";
}

function mark(index: number): string {
  return `(${index + 1})`;
}

/** `1,234 ms`; short ones with a digit more. */
export function milliseconds(time: number): string {
  if (Number.isNaN(time)) return "";
  const digits = time < 100 ? 1 : 0;
  return `${time.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })} ms`;
}

function escape(text: string): string {
  return text.replaceAll("|", String.raw`\|`).replaceAll("\n", " ");
}
