import { figuresOf, type Figures, type Outcome } from "./figures.ts";
import { titleOf, type Race } from "./scenario.ts";
import { growth } from "./statistics.ts";
import { APPLY, GENERATE, GROWTH_LIMIT, PRELOAD, TARGETS, type Target } from "./targets.ts";

/** Whether a target is met in one race. */
export interface Verdict {
  readonly target: string;
  readonly where: string;
  /** Null when something of it was not measured. */
  readonly value: number | null;
  readonly limit: number;
  /** A figure of a wrong result meets nothing. */
  readonly isMet: boolean;
}

interface Measured {
  readonly race: Race;
  readonly figures: ReadonlyMap<string, Figures>;
}

/** Every target in every race that was run. */
export function verdictsOf(outcomes: readonly Outcome[]): Verdict[] {
  const measured = outcomes.map(({ race, results }) => ({
    race,
    figures: new Map(results.map(figuresOf).map((row) => [row.name, row])),
  }));
  return [
    ...TARGETS.flatMap((target) =>
      measured.filter(({ race }) => target.isAbout(race)).map((one) => judge(target, one)),
    ),
    ...growthVerdicts(measured),
  ];
}

function judge({ text, ours, measure, limit }: Target, { race, figures }: Measured): Verdict {
  const own = ownFigures(figures, ours);
  const value = own === undefined ? null : valueOf(measure, own, figures);
  const isMet = value !== null && value <= limit && own?.fault === null;
  return { target: text, where: titleOf(race), value, limit, isMet };
}

/** On Node 22 and newer it is the figure with the preload that counts. */
function ownFigures(figures: Measured["figures"], name: string): Figures | undefined {
  return figures.get(`${name}${PRELOAD}`) ?? figures.get(name);
}

function valueOf(measure: Target["measure"], own: Figures, figures: Measured["figures"]): number | null {
  switch (measure.kind) {
    case "round-trips":
      return own.roundTrips;
    case "ratio":
      return divide(own[measure.metric], figures.get(measure.floor)?.[measure.metric]);
    case "against-peers": {
      const peers = [...figures.values()].filter(({ group, fault }) => group === "peer" && fault === null);
      return peers.length === 0 ? null : divide(own.wall, Math.min(...peers.map(({ wall }) => wall)));
    }
  }
}

function divide(a: number | null, b: number | null | undefined): number | null {
  return a === null || b === null || b === undefined ? null : a / b;
}

/** How the time grows between the two largest numbers of tables; what starting costs is left out. */
function growthVerdicts(measured: readonly Measured[]): Verdict[] {
  const start = measured.find(({ race }) => race.job === "start")?.figures.get("compiled no-op");
  if (!start) return [];
  return [GENERATE, APPLY].flatMap((ours) => {
    const job = ours === GENERATE ? "generate" : "file";
    const points = measured
      .filter(({ race }) => race.job === job && race.case === "empty")
      .flatMap(({ race, figures }) => {
        const own = ownFigures(figures, ours);
        return own ? [{ size: race.tables, cost: own.wall - start.wall }] : [];
      })
      .toSorted((a, b) => a.size - b.size);
    const [small, large] = points.slice(-2);
    if (!small || !large || large.size < 2000) return [];
    const value = growth(small, large);
    const where = `from ${small.size.toLocaleString("en")} to ${large.size.toLocaleString("en")} tables`;
    const target = `power of the tables with which \`${ours}\` grows (1: linearly)`;
    return [{ target, where, value, limit: GROWTH_LIMIT, isMet: value <= GROWTH_LIMIT }];
  });
}

/** The verdicts as a Markdown table. */
export function renderVerdicts(verdicts: readonly Verdict[]): string {
  const met = verdicts.filter(({ isMet }) => isMet).length;
  const unmeasured = verdicts.filter(({ value }) => value === null).length;
  const besides = unmeasured === 0 ? "" : `, ${unmeasured} not measured`;
  const rows = verdicts.map(({ target, where, value, limit, isMet }) => {
    const measured = value === null ? "not measured" : rounded(value, limit);
    const verdict = value === null ? "" : isMet ? "met" : "**not met**";
    return `| ${target} | ${where} | ${measured} | ${limit} | ${verdict} |`;
  });
  const table = ["| target | in | measured | at most | |", "|---|---|--:|--:|---|", ...rows];
  return [`${met} of ${verdicts.length} are met${besides}.`, table.join("\n")].join("\n\n");
}

/** Two digits, or as many as tell it from the limit. */
function rounded(value: number, limit: number): number {
  const short = Number(value.toFixed(2));
  return short <= limit && value > limit ? Number(value.toFixed(4)) : short;
}
