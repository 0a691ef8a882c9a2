import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Contestant } from "./contestants/contestant.ts";
import { createFixtures } from "./fixtures.ts";
import { canCountSyncs, countSyncs, measureMemory } from "./meter.ts";
import { buildTables } from "./models/tables.ts";
import type { Race } from "./scenario.ts";
import { isCompared, isDecisive } from "./targets.ts";
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
    const { peer = null, packages = [], copied = [] } = contestant;
    const dir = join(folder, String(number));
    const workspace = await createWorkspace({ dir, race, tables, node, peer, packages, copied });
    await contestant.prepare(workspace);
    const verify = createVerify(contestant, workspace);
    entrants.push({ contestant, workspace, fixtures, verify, limit: limit * 1000 });
  }
  return entrants;
}

interface Share {
  /** Milliseconds for which short runs are repeated, because a moment of the machine's own decides over one. */
  readonly enough: number;
  /** Milliseconds that long runs may take. */
  readonly most: number;
}

/** Those that something promised depends on have more than the others. */
function shareOf({ contestant, workspace }: Entrant, { budget }: RaceOptions): Share {
  return isDecisive(contestant.name, workspace.race)
    ? { enough: 8000, most: budget * 2000 }
    : { enough: 2000, most: budget * 1000 };
}

/** Whether a run that warms up and another take too long. */
function isSlow({ wall, isOverLimit }: Sample, { most }: Share): boolean {
  return isOverLimit || wall * 2 > most;
}

const MOST_RUNS = 25;

function runsIn({ enough, most }: Share, { wall }: Sample, runs: number): number {
  const wanted = Math.max(runs, Math.min(MOST_RUNS, Math.floor(enough / wall)));
  return Math.min(wanted, Math.max(1, Math.floor(most / wall)));
}

/** The first run warms the caches of the machine and of the tools; it counts only where there is no time for another. */
async function runRounds(
  entrants: readonly Entrant[],
  options: RaceOptions,
): Promise<Map<Entrant, Sample[]>> {
  const { runs, say } = options;
  const samples = new Map<Entrant, Sample[]>();
  const left = new Map<Entrant, number>();
  for (const entrant of entrants) {
    const first = await takeSample(entrant);
    const share = shareOf(entrant, options);
    const isOnly = first.isOverLimit || (isSlow(first, share) && entrant.contestant.isWarmed !== true);
    samples.set(entrant, isOnly ? [first] : []);
    left.set(entrant, isOnly ? 0 : runsIn(share, first, runs));
    say(`  ${entrant.contestant.name}: ${Math.round(first.wall)} ms${first.fault ? `, ${first.fault}` : ""}`);
  }
  for (let round = 0; round < Math.max(...left.values()); round++) {
    // The order rotates, so that no one always follows the same neighbour.
    for (const entrant of [
      ...entrants.slice(round % entrants.length),
      ...entrants.slice(0, round % entrants.length),
    ])
      if (round < (left.get(entrant) ?? 0)) samples.get(entrant)?.push(await takeSample(entrant));
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
  const share = shareOf(entrant, options);
  const isQuick = samples.every((sample) => !isSlow(sample, share));
  const isWanted = isQuick || isCompared("memory", contestant.name, workspace.race);
  if (!isWanted || samples.some(({ isOverLimit }) => isOverLimit)) return NOTHING_MORE;
  const memory = await takeTurn(entrant, measureMemory);
  const syncs = isQuick && canCountSyncs() ? await takeTurn(entrant, countSyncs) : null;
  return { memory, syncs };
}
