import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Contestant } from "./contestants/contestant.ts";
import { createFixtures } from "./fixtures.ts";
import { canCountSyncs, countSyncs, measureMemory } from "./meter.ts";
import { buildTables } from "./models/tables.ts";
import type { Race } from "./scenario.ts";
import { comparedTogether, isCompared, isDecisive } from "./targets.ts";
import { takeSample, takeTurn, type Entrant, type Sample } from "./turn.ts";
import { createVerify } from "./verify.ts";
import { createWorkspace } from "./workspace.ts";

export interface RaceOptions {
  /** Working folders are made in it. */
  readonly folder: string;
  readonly node: string;
  /** How many measured runs a contestant has; more when they are short, fewer when they are long. */
  readonly runs: number;
  /** Seconds one contestant may take for its measured runs in one race; one that needs more for two has a single run. */
  readonly budget: number;
  /** Seconds after which a run is ended. */
  readonly limit: number;
  /** Whether memory and fsyncs are measured too, each in a run of its own. */
  readonly isFull: boolean;
  /** Tells how far it is. */
  readonly say: (line: string) => void;
}

/** The figures of one contestant in one race. */
export interface Result {
  readonly contestant: Contestant;
  readonly samples: readonly Sample[];
  /** Bytes; null when it was not measured. */
  readonly memory: number | null;
  readonly syncs: number | null;
}

/** Lets the contestants take turns, every one from the same state; what each has built is compared with the models. */
export async function runRace(
  race: Race,
  contestants: readonly Contestant[],
  options: RaceOptions,
): Promise<Result[]> {
  const entrants = await enter(race, contestants, options);
  const samples = await runRounds(entrants, options);
  const results: Result[] = [];
  for (const entrant of entrants) {
    const own = samples.get(entrant) ?? [];
    const more = options.isFull ? await measureMore(entrant, own, options) : NOTHING_MORE;
    results.push({ contestant: entrant.contestant, samples: own, ...more });
    await rm(entrant.workspace.dir, { recursive: true, force: true });
  }
  return results;
}

async function enter(
  race: Race,
  contestants: readonly Contestant[],
  { folder, node, limit }: RaceOptions,
): Promise<Entrant[]> {
  const tables = buildTables(race.tables);
  const fixtures = createFixtures(tables, race.case);
  const entrants: Entrant[] = [];
  for (const [number, contestant] of contestants.entries()) {
    const { peer = null, packages = [] } = contestant;
    const dir = join(folder, String(number));
    const workspace = await createWorkspace({ dir, race, tables, node, peer, packages });
    await contestant.prepare(workspace);
    const verify = createVerify(contestant, workspace);
    entrants.push({ contestant, workspace, fixtures, verify, limit: limit * 1000 });
  }
  return entrants;
}

/** Whether a run that warms up and another take too long; what something promised depends on has twice the time. */
function isSlow(
  { contestant, workspace }: Entrant,
  { wall, isOverLimit }: Sample,
  { budget }: RaceOptions,
): boolean {
  const most = isDecisive(contestant.name, workspace.race) ? 2 * budget : budget;
  return isOverLimit || wall * 2 > most * 1000;
}

/** Milliseconds of short runs, because a moment of the machine's own decides over one. */
const ENOUGH = 2_000;
/** Milliseconds of all those that something promised depends on: each has as many runs as the others, next to the same neighbours. */
const ENOUGH_TOGETHER = 60_000;
/** Milliseconds of those among them that are compared with each other: short ones have more runs. */
const ENOUGH_COMPARED = 5_000;
const MOST_RUNS = 25;

function runsAlone({ wall }: Sample, { runs, budget }: RaceOptions): number {
  const affordable = Math.max(1, Math.floor((budget * 1000) / wall));
  return Math.max(Math.min(runs, affordable), Math.min(MOST_RUNS, Math.floor(ENOUGH / wall)));
}

/** How many runs each has after its first, which warmed it up. */
function plannedRuns(firsts: ReadonlyMap<Entrant, Sample>, options: RaceOptions): Map<Entrant, number> {
  const repeated = [...firsts].filter(([entrant, first]) => !isOnly(entrant, first, options));
  const decisive = repeated.filter(([{ contestant, workspace }]) =>
    isDecisive(contestant.name, workspace.race),
  );
  const held = (milliseconds: number, some: readonly [Entrant, Sample][]): number =>
    Math.floor(milliseconds / some.reduce((sum, [, { wall }]) => sum + wall, 0));
  const shared = Math.max(2, held(ENOUGH_TOGETHER, decisive));
  const runsOf = (entrant: Entrant, first: Sample): number => {
    const { contestant, workspace } = entrant;
    if (!isDecisive(contestant.name, workspace.race)) return runsAlone(first, options);
    const isTogether = comparedTogether(contestant.name, workspace.race);
    const compared = decisive.filter(([other]) => isTogether(other.contestant.name));
    return Math.min(MOST_RUNS, Math.max(shared, held(ENOUGH_COMPARED, compared)));
  };
  return new Map(repeated.map(([entrant, first]) => [entrant, runsOf(entrant, first)]));
}

/** The first run warms the caches of the machine and of the tools; it counts only where there is no time for another. */
function isOnly(entrant: Entrant, first: Sample, options: RaceOptions): boolean {
  return first.isOverLimit || isSlow(entrant, first, options);
}

async function runRounds(
  entrants: readonly Entrant[],
  options: RaceOptions,
): Promise<Map<Entrant, Sample[]>> {
  const firsts = new Map<Entrant, Sample>();
  for (const entrant of entrants) {
    if (entrant.contestant.isWarmed) await takeSample(entrant); // how long it takes to fill a cache says nothing of the runs to come
    const first = await takeSample(entrant);
    firsts.set(entrant, first);
    const { wall, fault } = first;
    options.say(
      `  ${entrant.contestant.name}: ${Math.round(wall)} ms to warm up${fault ? `, ${fault}` : ""}`,
    );
  }
  const planned = plannedRuns(firsts, options);
  const samples = new Map(
    [...firsts].map(([entrant, first]) => [entrant, planned.get(entrant) ? [] : [first]]),
  );
  for (let round = 0; round < Math.max(0, ...planned.values()); round++) {
    // The order rotates, so that no one always follows the same neighbour.
    for (const entrant of [
      ...entrants.slice(round % entrants.length),
      ...entrants.slice(0, round % entrants.length),
    ])
      if (round < (planned.get(entrant) ?? 0)) samples.get(entrant)?.push(await takeSample(entrant));
  }
  return samples;
}

const NOTHING_MORE = { memory: null, syncs: null };

/** Of what is slow, or has no time for more, only the memory that a target is about. */
async function measureMore(
  entrant: Entrant,
  samples: readonly Sample[],
  options: RaceOptions,
): Promise<Pick<Result, "memory" | "syncs">> {
  const { contestant, workspace } = entrant;
  const isQuick = samples.every((sample) => !isSlow(entrant, sample, options));
  const isWanted = isQuick || isCompared("memory", contestant.name, workspace.race);
  if (!isWanted || samples.some(({ isOverLimit }) => isOverLimit)) return NOTHING_MORE;
  const memory = await takeTurn(entrant, measureMemory);
  const syncs = isQuick && canCountSyncs() ? await takeTurn(entrant, countSyncs) : null;
  return { memory, syncs };
}
