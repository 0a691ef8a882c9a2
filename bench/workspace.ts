import { mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { repoPath } from "../test/support/paths.ts";
import { drizzleFiles, drizzleIndex } from "./models/drizzle.ts";
import type { Table } from "./models/types.ts";
import { versionOf } from "./peers.ts";
import { modulesOf } from "./places.ts";
import type { Race } from "./scenario.ts";

/** The folder a contestant works in during one race: models, packages, the database. */
export interface Workspace {
  readonly dir: string;
  readonly path: (...parts: string[]) => string;
  readonly race: Race;
  /** What the models are made of. */
  readonly tables: readonly Table[];
  /** The program that runs every contestant. */
  readonly node: string;
  /** The local file, or the replica's. */
  readonly database: string;
  /** The primary, behind the proxy; empty while there is none. It changes with every run. */
  url: string;
  /** Counts the runs: an edit of a model is another one each time. */
  runs: number;
}

export interface WorkspaceOptions extends Pick<Workspace, "dir" | "race" | "tables" | "node"> {
  /** The peer whose packages are seen; null for those of this repository. */
  readonly peer: string | null;
  /** What its package.json depends on. */
  readonly packages: readonly string[];
}

/** The folder of the models and nothing else. */
export const MODELS = "models";
/** Exports all of them. */
export const INDEX = "schema.ts";

/** Makes the folder with the packages in it. */
export async function createWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const { dir, race, tables, node, peer, packages } = options;
  await mkdir(dir, { recursive: true });
  const path = (...parts: string[]) => join(dir, ...parts);
  const dependencies = Object.fromEntries(packages.map((name) => [name, versionOf(peer, name)]));
  const manifest = { name: "bench", private: true, type: "module", dependencies };
  await writeFile(path("package.json"), JSON.stringify(manifest));
  await linkPackages(modulesOf(peer), path("node_modules"));
  return { dir, path, race, tables, node, database: path("local.db"), url: "", runs: 0 };
}

/** A folder of its own, so that what a contestant caches in it is its own; the packages are links. */
async function linkPackages(from: string, to: string): Promise<void> {
  await mkdir(to);
  const names = (await readdir(from)).filter((name) => !name.startsWith(".") && name !== "clean-slate");
  for (const name of names) await symlink(join(from, name), join(to, name), "junction");
  await symlink(repoPath(), join(to, "clean-slate"), "junction");
}

/** Writes the Drizzle models into `models/`, and next to it the module that exports all of them. */
export async function writeDrizzleModels(workspace: Workspace): Promise<void> {
  const files = drizzleFiles(workspace.tables);
  await mkdir(workspace.path(MODELS));
  for (const [name, source] of files) await writeFile(workspace.path(MODELS, name), source);
  await writeFile(workspace.path(INDEX), drizzleIndex(files.keys(), MODELS));
}

/** Changes what the models say: the default of one column is another one each time, so that what was kept of them cannot answer. */
export async function changeDefault(workspace: Workspace): Promise<void> {
  await editModel(workspace, (source) =>
    source.replace(/\.default\([\d.]+\)/, `.default(${editedDefault(workspace)})`),
  );
}

/** What a default is changed to before this run. */
export function editedDefault({ runs }: Workspace): number {
  return 1000 + runs;
}

/** Changes a model file and nothing of what it says. */
export async function addComment(workspace: Workspace): Promise<void> {
  await editModel(workspace, (source) => `${source}// edit ${workspace.runs}\n`);
}

async function editModel({ tables, path }: Workspace, edit: (source: string) => string): Promise<void> {
  for (const [name, source] of drizzleFiles(tables)) {
    const edited = edit(source);
    if (edited !== source) return writeFile(path(MODELS, name), edited);
  }
  throw new Error("no model can be edited in this way");
}

/** Compiles one of the floors into the workspace: `<name>.mjs`, or `<name>.cjs`, which Node starts faster. */
export async function compileFloor(
  workspace: Workspace,
  name: string,
  format: "esm" | "cjs" = "esm",
): Promise<void> {
  await build({
    entryPoints: [repoPath("bench", "floors", `${name}.ts`)],
    bundle: true,
    format,
    platform: "node",
    target: "node20",
    packages: "external",
    outfile: workspace.path(`${name}.${format === "esm" ? "mjs" : "cjs"}`),
    logLevel: "error",
  });
}

/** Bundles the drizzle-orm the workspace sees into one file, as a tool can keep it for each version. */
export async function bundleDrizzle(workspace: Workspace): Promise<void> {
  await build({
    stdin: {
      contents: `export * from "drizzle-orm"; export * from "drizzle-orm/sqlite-core";`,
      resolveDir: workspace.dir,
    },
    bundle: true,
    minify: true,
    format: "cjs",
    platform: "node",
    target: "node20",
    outfile: workspace.path("drizzle-core.cjs"),
    logLevel: "error",
  });
}

/** Removes files and folders of a workspace that may be there. */
export async function remove(workspace: Workspace, ...names: readonly string[]): Promise<void> {
  for (const name of names) await rm(workspace.path(name), { recursive: true, force: true });
}
