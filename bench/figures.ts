import type { Result } from "./run-race.ts";
import type { Job, Race } from "./scenario.ts";
import { median } from "./statistics.ts";

/** A race that was run. */
export interface Outcome {
  readonly race: Race;
  readonly results: readonly Result[];
  /** Tools that were not tried, each with the reason. */
  readonly absent: readonly string[];
}

/** The medians of one contestant in one race. */
export interface Figures {
  readonly name: string;
  readonly group: Result["contestant"]["group"];
  readonly runs: number;
  /** Milliseconds. */
  readonly wall: number;
  readonly fastest: number;
  readonly slowest: number;
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number | null;
  readonly syncs: number | null;
  readonly roundTrips: number | null;
  /** Bytes over the network. */
  readonly traffic: number | null;
  readonly isOverLimit: boolean;
  /** Whether it builds something that is compared with the models. */
  readonly isChecked: boolean;
  /** Why what it built is wrong; null when it is right every time. */
  readonly fault: string | null;
}

/** Sums a contestant's runs up. */
export function figuresOf({ contestant, samples, memory, syncs }: Result): Figures {
  const walls = samples.map(({ wall }) => wall);
  const traffics = samples.flatMap(({ traffic }) => (traffic ? [traffic] : []));
  const ofTraffic = (numbers: readonly number[]) => (numbers.length === 0 ? null : median(numbers));
  return {
    name: contestant.name,
    group: contestant.group,
    runs: samples.length,
    wall: median(walls),
    fastest: Math.min(...walls),
    slowest: Math.max(...walls),
    cpu: median(samples.map(({ cpu }) => cpu)),
    memory,
    syncs,
    roundTrips: ofTraffic(traffics.map(({ roundTrips }) => roundTrips)),
    traffic: ofTraffic(traffics.map(({ bytes }) => bytes)),
    isOverLimit: samples.some(({ isOverLimit }) => isOverLimit),
    isChecked: contestant.job === "generate" ? contestant.script !== undefined : !isReading(contestant.job),
    fault: samples.find(({ fault }) => fault !== null)?.fault ?? null,
  };
}

function isReading(job: Job): boolean {
  return job === "start" || job === "info";
}
