/** What is measured: starting up, models → SQL, a rebuild on each kind of target, telling what is there. */
export const JOBS = ["start", "generate", "file", "replica", "remote", "info"] as const;
export type Job = (typeof JOBS)[number];

/** What the database holds before a run: nothing, an older schema, that with 200,000 rows, or already what the models say. */
export const CASES = ["empty", "old", "rows", "current"] as const;
export type Case = (typeof CASES)[number];

/** So many rows a database of the case `rows` has. */
export const ROWS = 200_000;

/** What takes turns in one table of figures. */
export interface Race {
  readonly job: Job;
  readonly tables: number;
  readonly case: Case;
  /** Milliseconds a round trip to the primary takes on top of its own time. */
  readonly delay: number;
  /** Only who says so takes part: the others would take hours. */
  readonly isLarge?: boolean;
}

export interface Choice {
  readonly jobs: readonly Job[];
  readonly cases: readonly Case[];
  readonly tables: readonly number[];
  readonly delays: readonly number[];
}

/** The number of tables from which on a race is large. */
const LARGE_FROM = 5000;

/** Every combination of a choice that means something. */
export function racesOf({ jobs, cases, tables, delays }: Choice): Race[] {
  return jobs.flatMap((job): Race[] => {
    if (job === "start") return [{ job, tables: 5, case: "empty", delay: 0 }];
    return tables.flatMap((count) =>
      casesOf(job, cases).flatMap((kind) =>
        (isNetworked(job) ? delays : [0]).map((delay) => ({
          job,
          tables: count,
          case: kind,
          delay,
          ...(count >= LARGE_FROM && { isLarge: true }),
        })),
      ),
    );
  });
}

function casesOf(job: Job, cases: readonly Case[]): readonly Case[] {
  if (job === "generate") return ["empty"];
  return job === "info" ? ["current"] : cases;
}

/** Whether a primary is part of a job. */
export function isNetworked(job: Job): boolean {
  return job === "replica" || job === "remote";
}

/** The races of docs/benchmarks.md: every job at every size, the costly combinations once. */
export function allRaces(): Race[] {
  const choose = (choice: Partial<Choice> & Pick<Choice, "jobs" | "tables">) =>
    racesOf({ cases: ["old"], delays: [50], ...choice });
  return [
    ...choose({ jobs: ["start"], tables: [5] }),
    ...choose({ jobs: ["generate"], tables: [5, 50, 500, 2000, 10_000] }),
    ...choose({ jobs: ["file"], tables: [5], cases: ["empty"] }),
    ...choose({ jobs: ["file"], tables: [50], cases: ["empty", "old", "rows"] }),
    ...choose({ jobs: ["file"], tables: [500], cases: ["empty", "rows", "current"] }),
    ...choose({ jobs: ["file"], tables: [2000], cases: ["empty"] }),
    ...choose({ jobs: ["file"], tables: [10_000], cases: ["empty"] }),
    ...choose({ jobs: ["replica", "remote"], tables: [5], cases: ["empty"] }),
    ...choose({ jobs: ["replica", "remote"], tables: [50], cases: ["old"], delays: [0, 50] }),
    ...choose({ jobs: ["replica"], tables: [50], cases: ["rows"] }),
    ...choose({ jobs: ["replica", "remote"], tables: [500, 2000] }),
    ...choose({ jobs: ["remote"], tables: [500], cases: ["current"] }),
    ...choose({ jobs: ["info"], tables: [2000] }),
  ];
}

const CASE_WORDS: Readonly<Record<Case, string>> = {
  empty: "nothing there",
  old: "an older schema there",
  rows: `an older schema and ${ROWS.toLocaleString("en")} rows there`,
  current: "the models' schema there",
};
const JOB_WORDS: Readonly<Record<Job, string>> = {
  start: "Starting",
  generate: "Models to SQL",
  file: "Rebuild of a local file",
  replica: "Rebuild through an embedded replica",
  remote: "Rebuild of a remote primary",
  info: "What is in a local file",
};

/** A race in words. */
export function titleOf({ job, tables, case: kind, delay }: Race): string {
  if (job === "start") return JOB_WORDS.start;
  const parts = [`${JOB_WORDS[job]}, ${tables.toLocaleString("en")} tables`];
  if (job !== "generate") parts.push(CASE_WORDS[kind]);
  if (isNetworked(job)) parts.push(delay === 0 ? "no added latency" : `${delay} ms of added latency`);
  return parts.join(", ");
}
