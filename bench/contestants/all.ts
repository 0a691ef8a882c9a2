import { cleanSlate } from "./clean-slate.ts";
import type { Contestant } from "./contestant.ts";
import { drizzleKits } from "./drizzle-kit.ts";
import { floors } from "./floors.ts";
import { orms } from "./orms.ts";

/** Everyone, as the contestants are with this Node. */
export function allContestants(nodeMajor: number): Contestant[] {
  return [...floors, ...cleanSlate(nodeMajor), ...drizzleKits, ...orms];
}
