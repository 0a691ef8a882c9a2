import { seedFailure } from "../actions/run-seed.ts";
import { loadSeed, type SeedFunction } from "../project/seed.ts";
import type { Opened } from "./drivers/driver.ts";

/** A seed as a template uses it. */
export interface ReadSeed {
  /** Stands for what a seed file holds; null for a function, which has only its identity. */
  readonly hash: string | null;
  readonly id: number;
  readonly run: (opened: Opened, config: object) => Promise<void>;
}

/** Reads a seed file, or takes the function. Throws SEED_FAILED, also from `run` for what a file does. */
export async function readSeed(root: string, given: string | SeedFunction): Promise<ReadSeed> {
  if (typeof given === "function") {
    return { hash: null, id: identityOf(given), run: (opened, config) => call(given, opened, config) };
  }
  const seed = await loadSeed(root, given);
  const run = async (opened: Opened, config: object): Promise<void> => {
    try {
      if (seed.kind === "sql") await opened.run(seed.statements);
      else await call(await seed.load(), opened, config);
    } catch (error) {
      throw seedFailure(given, error);
    }
  };
  return { hash: seed.hash, id: 0, run };
}

const identities = new WeakMap<SeedFunction, number>();
let count = 0;

function identityOf(seed: SeedFunction): number {
  const id = identities.get(seed) ?? ++count;
  identities.set(seed, id);
  return id;
}

async function call(seed: SeedFunction, opened: Opened, config: object): Promise<void> {
  await seed(opened.drizzle(config) as never, opened.client as never);
}
