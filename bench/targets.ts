import type { Race } from "./scenario.ts";

/** What is compared with a limit: a figure of ours divided by the same of a floor or of the fastest tool that is right, or itself. */
export type Measure =
  | { readonly kind: "ratio"; readonly floor: string; readonly metric: "wall" | "memory" }
  | { readonly kind: "against-peers" }
  | { readonly kind: "round-trips" };

/** Something Clean Slate promises about its figures, in every race it is about. */
export interface Target {
  readonly text: string;
  /** The contestant whose figure it is. */
  readonly ours: string;
  readonly measure: Measure;
  readonly limit: number;
  readonly isAbout: (race: Race) => boolean;
}

export const GENERATE = "clean-slate generate-migration";
export const APPLY = "clean-slate apply-migration";

const GENERATE_SOURCE = "tsx manage.ts generate-migration";
const DB_INFO = "clean-slate db-info, unchanged";
const BACKUP = "ideal-apply-file + VACUUM INTO";

const time = (floor: string): Measure => ({ kind: "ratio", floor, metric: "wall" });
const memory = (floor: string): Measure => ({ kind: "ratio", floor, metric: "memory" });

const isGenerating = ({ job }: Race): boolean => job === "generate";
/** From 50 to 2,000 tables. */
const isUsual = ({ job, tables }: Race): boolean => job === "generate" && tables >= 50 && tables <= 2000;
const isEmptyFile = ({ job, case: kind }: Race): boolean => job === "file" && kind === "empty";
const isFilledFile = ({ job, case: kind }: Race): boolean => job === "file" && kind !== "empty";
const isMiddling = ({ tables }: Race): boolean => tables === 50 || tables === 500;

const starting = ["--help", "--version"].map((flag): Target => ({
  text: `\`${flag}\` ÷ compiled no-op`,
  ours: `clean-slate ${flag}`,
  measure: time("compiled no-op"),
  limit: 1.3,
  isAbout: ({ job }) => job === "start",
}));

const generating: readonly Target[] = [
  {
    text: "`generate-migration`, a default changed ÷ ideal-generate",
    ours: GENERATE,
    measure: time("ideal-generate"),
    limit: 1.15,
    isAbout: isUsual,
  },
  {
    text: "`generate-migration`, comment added ÷ ideal-generate",
    ours: `${GENERATE}, comment added`,
    measure: time("ideal-generate"),
    limit: 1.15,
    isAbout: isUsual,
  },
  {
    text: "`generate-migration`, models unchanged ÷ ideal-cached-generate",
    ours: `${GENERATE}, unchanged`,
    measure: time("ideal-cached-generate"),
    limit: 1.5,
    isAbout: isUsual,
  },
  {
    text: "`tsx manage.ts generate-migration`, a default changed ÷ floor-import-tsx-cli",
    ours: GENERATE_SOURCE,
    measure: time("floor-import-tsx-cli"),
    limit: 1.05,
    isAbout: isUsual,
  },
  {
    text: "`tsx manage.ts generate-migration`, models unchanged ÷ floor-import-tsx-cli, unchanged",
    ours: `${GENERATE_SOURCE}, unchanged`,
    measure: time("floor-import-tsx-cli, unchanged"),
    limit: 1.05,
    isAbout: isUsual,
  },
  {
    text: "`generate-migration` ÷ ideal-generate, memory",
    ours: GENERATE,
    measure: memory("ideal-generate"),
    limit: 1.3,
    isAbout: isGenerating,
  },
];

const onFile: readonly Target[] = [
  {
    text: "`apply-migration`, nothing to back up ÷ ideal-apply-file",
    ours: APPLY,
    measure: time("ideal-apply-file"),
    limit: 1.25,
    isAbout: (race) => isEmptyFile(race) && isMiddling(race),
  },
  {
    text: `\`apply-migration\`, backup made ÷ (${BACKUP})`,
    ours: APPLY,
    measure: time(BACKUP),
    limit: 1.25,
    isAbout: (race) => isFilledFile(race) && isMiddling(race),
  },
  {
    text: "`apply-migration`, nothing to back up ÷ ideal-apply-file, memory",
    ours: APPLY,
    measure: memory("ideal-apply-file"),
    limit: 1.3,
    isAbout: isEmptyFile,
  },
  {
    text: `\`apply-migration\`, backup made ÷ (${BACKUP}), memory`,
    ours: APPLY,
    measure: memory(BACKUP),
    limit: 1.3,
    isAbout: isFilledFile,
  },
];

const overNetwork = (["replica", "remote"] as const).flatMap((job): Target[] => {
  const ideal = `ideal-apply-${job}`;
  const isJob = (race: Race): boolean => race.job === job;
  const isSlow = (race: Race): boolean => race.job === job && race.delay > 0;
  return [
    {
      text: "`apply-migration`, round trips",
      ours: APPLY,
      measure: { kind: "round-trips" },
      limit: job === "remote" ? 4 : 8,
      isAbout: isJob,
    },
    {
      text: `\`apply-migration\` ÷ ${ideal}`,
      ours: APPLY,
      measure: time(ideal),
      limit: 1.3,
      isAbout: isSlow,
    },
    {
      text: "`apply-migration` ÷ the fastest other tool that is right",
      ours: APPLY,
      measure: { kind: "against-peers" },
      limit: 0.6,
      isAbout: (race) => isSlow(race) && race.isLarge !== true,
    },
    {
      text: `\`apply-migration\` ÷ ${ideal}, memory`,
      ours: APPLY,
      measure: memory(ideal),
      limit: 1.3,
      isAbout: isJob,
    },
  ];
});

const informing: Target = {
  text: "`db-info`, models unchanged ÷ ideal-db-info",
  ours: DB_INFO,
  measure: time("ideal-db-info"),
  limit: 1.5,
  isAbout: ({ job }) => job === "info",
};

/** All of them, in the order of the tables. */
export const TARGETS: readonly Target[] = [...starting, ...generating, ...onFile, ...overNetwork, informing];

/** What is measured with the preload is called like what is measured without it, and this. */
export const PRELOAD = " + register";

const withoutPreload = (name: string): string =>
  name.endsWith(PRELOAD) ? name.slice(0, -PRELOAD.length) : name;

/** Whether what is promised depends on a contestant's time in a race. */
export function isDecisive(name: string, race: Race): boolean {
  const ours = withoutPreload(name);
  const isGrowing = ours === GENERATE || (ours === APPLY && isEmptyFile(race));
  return isGrowing || isCompared("wall", ours, race);
}

/** Whether a contestant's time or memory is on one side of a ratio that has a limit. */
export function isCompared(metric: "wall" | "memory", name: string, race: Race): boolean {
  return ratiosOf(metric, race).some((ratio) => ratio.includes(withoutPreload(name)));
}

/** Tells of a contestant's name whether its time is compared with the time of that one, be it through others. */
export function comparedTogether(name: string, race: Race): (other: string) => boolean {
  const ratios = ratiosOf("wall", race);
  const together = new Set([withoutPreload(name)]);
  // A set is walked through to what is added meanwhile.
  for (const member of together)
    for (const other of ratios.filter((ratio) => ratio.includes(member)).flat()) together.add(other);
  return (other) => together.has(withoutPreload(other));
}

function ratiosOf(metric: "wall" | "memory", race: Race): string[][] {
  return TARGETS.flatMap(({ ours, measure, isAbout }) =>
    measure.kind === "ratio" && measure.metric === metric && isAbout(race) ? [[ours, measure.floor]] : [],
  );
}

/** With at most this power of the number of tables the time above that of a no-op grows. */
export const GROWTH_LIMIT = 1.1;
