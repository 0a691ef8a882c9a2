import { readdir, readFile, writeFile } from "node:fs/promises";
import type { Step } from "../meter.ts";
import type { Peer } from "../peers.ts";
import type { Case } from "../scenario.ts";
import { compileFloor, INDEX, remove, writeDrizzleModels, type Workspace } from "../workspace.ts";
import type { Contestant } from "./contestant.ts";

const CONFIG = "drizzle.config.ts";
const OUT = "drizzle";
/** Where there is something to drop. */
const FILLED: readonly Case[] = ["old", "rows"];

/** drizzle-kit 0.31, which this project depends on for its tests, and the release candidate of 1.0. */
export const drizzleKits: readonly Contestant[] = [
  ...kit("drizzle-kit 0.31"),
  ...kit("drizzle-kit 1.0 rc", "drizzle-kit-rc"),
];

function kit(name: string, peer?: Peer): Contestant[] {
  const packages = ["drizzle-kit", "drizzle-orm"];
  const own: Own = { group: "peer", tool: name, packages, ...(peer && { peer }) };
  return [
    {
      ...own,
      name: `${name} generate`,
      job: "generate",
      prepare: prepareFor("sqlite"),
      before: removeOut,
      steps: (workspace) => [run(workspace, "generate")],
      script: readScript,
    },
    ...kitOnFile(name, own),
    ...kitOnServer(name, own),
  ];
}

type Own = Pick<Contestant, "group" | "tool" | "packages" | "peer">;

function kitOnFile(name: string, own: Own): Contestant[] {
  const onFile = { ...own, job: "file", prepare: prepareFor("sqlite") } as const;
  return [
    { ...onFile, name: `${name} push --force`, steps: (workspace) => [push(workspace)] },
    {
      ...onFile,
      name: `${name} drop + push`,
      cases: FILLED,
      steps: (workspace) => [drop(workspace, `file:${workspace.database}`), push(workspace)],
    },
    {
      ...onFile,
      name: `${name} generate + migrate`,
      cases: ["empty"],
      before: removeOut,
      steps: (workspace) => [run(workspace, "generate"), run(workspace, "migrate")],
    },
  ];
}

function kitOnServer(name: string, own: Own): Contestant[] {
  const onServer = { ...own, prepare: prepareFor("turso"), before: writeServerConfig } as const;
  const dropAll = (workspace: Workspace): Step[] =>
    workspace.race.case === "empty" ? [] : [drop(workspace, workspace.url)];
  return [
    { ...onServer, name: `${name} push --force`, job: "remote", steps: (workspace) => [push(workspace)] },
    {
      ...onServer,
      name: `${name} drop + push`,
      job: "remote",
      cases: FILLED,
      steps: (workspace) => [...dropAll(workspace), push(workspace)],
    },
    {
      ...onServer,
      name: `${name} drop + push + sync`,
      job: "replica",
      steps: (workspace) => [...dropAll(workspace), push(workspace), sync(workspace)],
    },
  ];
}

function prepareFor(dialect: "sqlite" | "turso") {
  return async (workspace: Workspace) => {
    await writeDrizzleModels(workspace);
    await compileFloor(workspace, "drop-all");
    await compileFloor(workspace, "sync");
    await writeConfig(workspace, dialect, `file:${workspace.database}`);
  };
}

/** The server of every run has an address of its own. */
function writeServerConfig(workspace: Workspace): Promise<void> {
  return writeConfig(workspace, "turso", workspace.url);
}

async function writeConfig(workspace: Workspace, dialect: string, url: string): Promise<void> {
  const config = { dialect, schema: `./${INDEX}`, out: `./${OUT}`, dbCredentials: { url } };
  await writeFile(workspace.path(CONFIG), `export default ${JSON.stringify(config, null, 2)};\n`);
}

function removeOut(workspace: Workspace): Promise<void> {
  return remove(workspace, OUT);
}

function run({ node, path }: Workspace, command: string, ...flags: string[]): Step {
  const program = path("node_modules", "drizzle-kit", "bin.cjs");
  return { argv: [node, program, command, ...flags, "--config", CONFIG] };
}

function push(workspace: Workspace): Step {
  return run(workspace, "push", "--force");
}

function drop({ node, path }: Workspace, url: string): Step {
  return { argv: [node, path("drop-all.mjs"), url] };
}

function sync({ node, path, database, url }: Workspace): Step {
  return { argv: [node, path("sync.mjs"), database, url] };
}

async function readScript(workspace: Workspace): Promise<string> {
  const names = await readdir(workspace.path(OUT), { recursive: true });
  const name = names.find((candidate) => candidate.endsWith(".sql")) ?? "no file";
  return (await readFile(workspace.path(OUT, name), "utf8")).replaceAll("--> statement-breakpoint", "");
}
