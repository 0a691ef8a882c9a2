// Compares Clean Slate with other tools and with what no tool can be faster than. See bench/README.md.
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { removeAtExit } from "../src/database/leftovers.ts";
import { CleanSlateError } from "../src/errors.ts";
import { allContestants } from "./contestants/all.ts";
import type { Contestant } from "./contestants/contestant.ts";
import { nodeVersion, renderDocument } from "./document.ts";
import type { Outcome } from "./figures.ts";
import { parseFlags, type Flags } from "./flags.ts";
import { requireBash } from "./meter.ts";
import { copyNode, installPeer, isInstalled, PEERS, type Peer } from "./peers.ts";
import { WORK } from "./places.ts";
import { runRace } from "./run-race.ts";
import { allRaces, racesOf, titleOf, type Race } from "./scenario.ts";
import { renderOutcome } from "./tables.ts";
import { renderVerdicts, verdictsOf } from "./verdicts.ts";

const say = (line: string): void => void process.stderr.write(`${line}\n`);

await main(parseFlags(process.argv)).catch((error: unknown) => {
  if (!(error instanceof CleanSlateError)) throw error;
  say(`${error.message}: ${error.hint}`);
  process.exitCode = 1;
});

async function main(flags: Flags): Promise<void> {
  const began = new Date();
  requireBash();
  const absent = await settlePeers(flags);
  const folder = await makeFolder();
  const node = await copyNode(flags.node, folder);
  const contestants = chosen(allContestants(Number.parseInt(nodeVersion(node))), flags);
  if (contestants.length === 0) {
    throw new CleanSlateError(
      "USAGE",
      `none who is there has ${flags.contestants?.join(" or ")} in its name`,
      {
        hint: "npm run bench -- --help",
      },
    );
  }
  const outcomes = await runAll({ flags, folder, node, contestants });
  console.log(`## Targets\n\n${renderVerdicts(verdictsOf(outcomes))}`);
  if (flags.save === undefined) return;
  const words = process.argv.slice(2).map((word) => (/\s/.test(word) ? `"${word}"` : word));
  const command = ["npm run bench --", ...words].join(" ");
  await writeFile(flags.save, renderDocument(outcomes, { command, node, began, absent }));
  say(`written: ${flags.save}`);
}

/** Installs what is missing of those who are to take part, when it is asked to, and says who is left out. */
async function settlePeers(flags: Flags): Promise<string[]> {
  const contestants = allContestants(Number.parseInt(process.versions.node));
  const wanted = new Set(contestants.filter(isWanted(flags)).map(({ peer }) => peer));
  const needed = PEERS.filter((peer) => wanted.has(peer) || peer === `node-${flags.node}`);
  const absent: string[] = [];
  for (const peer of needed.filter((one) => !isInstalled(one))) {
    const reason = await settle(peer, flags.install ?? false);
    if (reason !== null) absent.push(`${peer}: ${reason}`);
  }
  for (const text of absent) say(`left out: ${text}`);
  return absent;
}

async function settle(peer: Peer, isInstalling: boolean): Promise<string | null> {
  if (!isInstalling) return "not installed (npm run bench -- --install)";
  say(`installing ${peer}`);
  return installPeer(peer);
}

async function makeFolder(): Promise<string> {
  await mkdir(WORK, { recursive: true });
  const folder = await mkdtemp(join(WORK, "run-"));
  removeAtExit(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function isWanted({ contestants: some }: Flags): (contestant: Contestant) => boolean {
  return ({ name }) => some === undefined || some.some((word) => name.includes(word));
}

function chosen(contestants: readonly Contestant[], flags: Flags): Contestant[] {
  return contestants.filter(isWanted(flags)).filter(({ peer }) => peer === undefined || isInstalled(peer));
}

interface Everything {
  readonly flags: Flags;
  readonly folder: string;
  readonly node: string;
  readonly contestants: readonly Contestant[];
}

async function runAll({ flags, folder, node, contestants }: Everything): Promise<Outcome[]> {
  const { full, most = Infinity, runs, budget, limit, extra } = flags;
  const outcomes: Outcome[] = [];
  const races = full ? allRaces() : racesOf(flags);
  for (const race of races.filter(({ tables }) => tables <= most)) {
    const tooSlow = toolsOverLimit(outcomes, race.tables);
    const willing = contestants.filter((contestant) => takesPart(contestant, race));
    const entrants = willing.filter(({ tool = "" }) => !tooSlow.has(tool));
    if (entrants.length === 0) continue;
    say(titleOf(race));
    const results = await runRace(race, entrants, { folder, node, runs, budget, limit, isFull: extra, say });
    const tools = new Set(
      willing.flatMap(({ tool }) => (tool !== undefined && tooSlow.has(tool) ? [tool] : [])),
    );
    const absent = [...tools].map(
      (tool) => `Not tried: ${tool}, which was over the limit in “${tooSlow.get(tool)}”`,
    );
    outcomes.push({ race, results, absent });
    console.log(`${renderOutcome({ race, results, absent })}\n`);
  }
  return outcomes;
}

/** The tools that were over the limit with so many tables or fewer, each with the race. */
function toolsOverLimit(outcomes: readonly Outcome[], tables: number): Map<string, string> {
  const found = outcomes
    .filter(({ race }) => race.tables <= tables)
    .flatMap(({ race, results }) =>
      results
        .filter(({ samples }) => samples.some(({ isOverLimit }) => isOverLimit))
        .flatMap(({ contestant: { tool } }) => (tool === undefined ? [] : [[tool, titleOf(race)] as const])),
    );
  return new Map(found);
}

function takesPart({ job, cases, isScaled }: Contestant, race: Race): boolean {
  const isAllowed = isScaled === true || race.isLarge !== true;
  return job === race.job && isAllowed && (cases?.includes(race.case) ?? true);
}
