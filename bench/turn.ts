import { readdir, rm } from "node:fs/promises";
import { basename } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { Contestant } from "./contestants/contestant.ts";
import { startPrimary, type Fixtures } from "./fixtures.ts";
import { measure, type Command, type Measurement } from "./meter.ts";
import { startDelayProxy, type Traffic } from "./proxy.ts";
import { isNetworked } from "./scenario.ts";
import type { Verify } from "./verify.ts";
import type { Workspace } from "./workspace.ts";

/** A contestant in its folder, ready to run. */
export interface Entrant {
  readonly contestant: Contestant;
  readonly workspace: Workspace;
  readonly fixtures: Fixtures;
  readonly verify: Verify;
  /** Milliseconds after which a run is ended. */
  readonly limit: number;
}

/** One measured run. */
export interface Sample extends Measurement {
  /** What went over the network; null without one. */
  readonly traffic: Traffic | null;
  /** What is wrong with what it built, or why it built nothing. */
  readonly fault: string | null;
}

/** What is done with the contestant's command once everything is as it is to be before a run. */
type Use<T> = (command: Command, primary: Primary | null) => Promise<T>;

interface Primary {
  /** Its address without the proxy. */
  readonly url: string;
  readonly traffic: () => Traffic;
}

/** Runs and measures a contestant, and checks what it built. */
export function takeSample(entrant: Entrant): Promise<Sample> {
  return takeTurn(entrant, async (command, primary) => {
    const measurement = await measure(command);
    const traffic = primary?.traffic() ?? null;
    const fault = await faultOf(entrant, measurement, primary);
    return { ...measurement, traffic, fault };
  });
}

/** Puts the databases back, starts the primary, does what belongs before a run, and lets the contestant be run. */
export async function takeTurn<T>(entrant: Entrant, use: Use<T>): Promise<T> {
  const { contestant, workspace, fixtures, limit } = entrant;
  const { race, path } = workspace;
  await restoreFiles(workspace, fixtures);
  await using server = isNetworked(race.job) ? await startPrimary(fixtures, path("primary")) : null;
  await using proxy = server && (await startDelayProxy(server.port, race.delay));
  workspace.url = proxy ? `http://127.0.0.1:${proxy.port}` : "";
  workspace.runs += 1;
  await contestant.before?.(workspace);
  const env = { ...environment(), ...contestant.env?.(workspace) };
  const command = { steps: contestant.steps(workspace), dir: workspace.dir, env, limit };
  return await use(command, server && proxy && { url: server.url, traffic: () => ({ ...proxy.traffic }) });
}

async function restoreFiles({ dir, race, database, path }: Workspace, fixtures: Fixtures): Promise<void> {
  const left = (await readdir(dir)).filter((name) => name.startsWith(basename(database)));
  for (const name of left) await rm(path(name), { recursive: true, force: true });
  if (race.job === "file" || race.job === "info") await fixtures.file(database);
  if (race.job === "replica") await fixtures.replica(database);
}

/** Nothing of the caller's own configuration: a TURSO_DATABASE_URL in it would be somebody's database. */
function environment(): Record<string, string> {
  const kept = ["PATH", "HOME", "TMPDIR", "LANG"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), NO_COLOR: "1" };
}

async function faultOf(
  { verify, workspace, limit }: Entrant,
  { code, isOverLimit, log }: Measurement,
  primary: Primary | null,
): Promise<string | null> {
  if (isOverLimit) return `over the limit of ${limit / 1000} s`;
  const said = complaintIn(log, workspace.dir);
  if (code !== 0) return `exit code ${code}${said}`;
  const wrong = await verify(workspace, primary?.url ?? null);
  return wrong === null ? null : `exit code 0, but ${wrong}${said}`;
}

/** The first line that sounds like a complaint. */
function complaintIn(log: string, dir: string): string {
  const lines = stripVTControlCharacters(log).replaceAll(`${dir}/`, "").split("\n");
  const line = lines.find((text) => /error[:\]]|cannot|fail|unsupported|no such/i.test(text))?.trim();
  return line === undefined ? "" : `; it says “${line.slice(0, 160)}”`;
}
