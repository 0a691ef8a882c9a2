import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { repoPath } from "../../test/support/paths.ts";
import { isNetworked, type Job } from "../scenario.ts";
import { PRELOAD } from "../targets.ts";
import {
  addComment,
  changeDefault,
  MODELS,
  remove,
  writeDrizzleModels,
  type Workspace,
} from "../workspace.ts";
import type { Contestant } from "./contestant.ts";

/**
 * Before each run: a column got another default, a model file got a comment that changes nothing, everything that was kept is gone
 * (and a default is another one), or nothing happened.
 */
type State = "edited" | "commented" | "cold" | "unchanged";

interface Ours {
  readonly name: string;
  readonly job: Job;
  readonly args: readonly string[];
  readonly state: State;
  /** Called as in a clone: tsx starts, then runs what is compiled. */
  readonly isTsx?: boolean;
  /** With the preload for Node 22 and newer. */
  readonly isRegistered?: boolean;
}

const CACHE = join("node_modules", ".cache");
const OUT = "migrations";
const STATE_WORDS: Readonly<Record<State, string>> = {
  edited: "",
  commented: ", comment added",
  cold: ", cache removed",
  unchanged: ", unchanged",
};

/** Clean Slate itself; on Node 22 and newer also with its preload. */
export function cleanSlate(nodeMajor: number): Contestant[] {
  const generate = { name: "generate-migration", job: "generate", args: ["generate-migration"] } as const;
  const apply = (job: Job, ...args: string[]) => ({
    name: "apply-migration",
    job,
    args: ["apply-migration", "--yes", ...args],
  });
  const info = { name: "db-info", job: "info", args: ["db-info"] } as const;
  const runs: Ours[] = [
    { name: "--help", job: "start", args: ["--help"], state: "unchanged" },
    { name: "--version", job: "start", args: ["--version"], state: "unchanged" },
    { ...generate, state: "edited" },
    { ...generate, state: "commented" },
    { ...generate, state: "cold" },
    { ...generate, state: "unchanged" },
    { ...generate, state: "edited", isTsx: true },
    { ...generate, state: "unchanged", isTsx: true },
    ...[apply("file"), apply("replica"), apply("remote", "--remote-only"), info].flatMap((run) => [
      { ...run, state: "edited" as const },
      { ...run, state: "unchanged" as const },
    ]),
  ];
  const registered = nodeMajor < 22 ? [] : runs.map((run) => ({ ...run, isRegistered: true }));
  return [...runs, ...registered].map(contestantOf);
}

function contestantOf({ name, job, args, state, isTsx, isRegistered }: Ours): Contestant {
  const program = isTsx ? "tsx manage.ts" : "clean-slate";
  return {
    name: `${program} ${name}${job === "start" ? "" : STATE_WORDS[state]}${isRegistered ? PRELOAD : ""}`,
    job,
    group: "clean-slate",
    packages: ["drizzle-orm", "@libsql/client", "libsql", "esbuild"],
    isWarmed: state !== "cold",
    isScaled: state === "edited" && isTsx !== true,
    prepare: writeDrizzleModels,
    before: async (workspace) => {
      await remove(workspace, OUT, ".clean-slate", ...(state === "cold" ? [CACHE] : []));
      if (state === "commented") await addComment(workspace);
      else if (state !== "unchanged") await changeDefault(workspace);
    },
    steps: ({ node, path }) => [{ argv: [node, ...programOf(path, isTsx ?? false), ...args] }],
    env: (workspace) => environmentOf(workspace, isRegistered ?? false),
    ...(job === "generate" && { script: readMigration }),
  };
}

function programOf(path: Workspace["path"], isTsx: boolean): string[] {
  return isTsx ? [path("node_modules", "tsx", "dist", "cli.mjs"), repoPath("manage.ts")] : [compiled()];
}

/** The program package.json names. */
function compiled(): string {
  const { bin } = JSON.parse(readFileSync(repoPath("package.json"), "utf8")) as {
    bin: { "clean-slate": string };
  };
  return repoPath(bin["clean-slate"]);
}

function environmentOf({ race, database, url }: Workspace, isRegistered: boolean): Record<string, string> {
  return {
    CLEAN_SLATE_MODELS: MODELS,
    CLEAN_SLATE_OUT: OUT,
    LOCAL_DB_PATH: database,
    ...(isNetworked(race.job) && { TURSO_DATABASE_URL: url }),
    ...(isRegistered && { NODE_OPTIONS: "--require clean-slate/register" }),
  };
}

async function readMigration(workspace: Workspace): Promise<string> {
  const [name = "no file"] = await readdir(workspace.path(OUT));
  return readFile(workspace.path(OUT, name), "utf8");
}
