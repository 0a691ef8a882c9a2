import { readdir } from "node:fs/promises";
import { loadEsbuild } from "../../src/project/bundle.ts";
import { loadDrizzle } from "../../src/project/drizzle-core.ts";
import { linkModules, type LinkedModules } from "../../src/project/link-modules.ts";
import { openModelCache } from "../../src/project/model-cache.ts";
import { loadModels, type LoadedModels } from "../../src/project/models.ts";
import { watchGlobals } from "../../src/project/watched-globals.ts";
import { createProject, type Project } from "./project.ts";

export type Files = Readonly<Record<string, string>>;

/** What makes a program large enough for its modules to be worth keeping. */
const LARGE = `// ${"large ".repeat(50_000)}\n`;
export async function projectWith(models: Files, files: Files = {}): Promise<Project> {
  return createProject({ models: { "large.ts": `${LARGE}export {};\n`, ...models }, files });
}

function openCache({ dir, path }: Project) {
  return openModelCache({ root: dir, models: path("models"), salt: "test" });
}

/** Loads the models as a bundle and keeps how their modules are linked. */
export async function bundled(project: Project): Promise<LoadedModels> {
  const cache = openCache(project);
  const loaded = await loadModels(project.dir, project.path("models"));
  const { inputs: modules, searched: folders, graph } = loaded;
  if (loaded.isReproducible()) cache.write({ modules, folders, files: [], graph }, {}, {});
  return loaded;
}

/** Runs the models module by module, as after an edit; null where that is not possible. */
export async function linked(project: Project): Promise<LinkedModules | null> {
  const { dir: root, path } = project;
  const kept = openCache(project).readGraph();
  const esbuild = loadEsbuild();
  const drizzle = () => loadDrizzle(root, esbuild);
  const watched = watchGlobals();
  return kept && linkModules({ root, folder: path("models"), esbuild, kept, watched, loadDrizzle: drizzle });
}

/** What is exported under which name. A name without a value, which a bundle makes of what is not there, makes no table. */
export function exportsOf(loaded: LoadedModels | LinkedModules): string {
  const exported =
    "exported" in loaded
      ? loaded.exported.flat()
      : loaded.exports.map(({ name, value }) => [name, value] as const);
  const made = exported.filter(([, value]) => value !== undefined);
  return JSON.stringify(made.map(([name, value]) => [name, plain(value)]));
}

/** As data, with what functions return. */
function plain(value: unknown, depth = 0): unknown {
  if (depth > 5) return "…";
  if (typeof value === "function") return [plain(returned(value as () => unknown), depth + 1)];
  if (Array.isArray(value)) return value.map((part) => plain(part, depth + 1));
  return typeof value === "object" && value !== null
    ? Object.entries(value).map(([name, part]) => [name, plain(part, depth + 1)])
    : value;
}

function returned(run: () => unknown): unknown {
  try {
    return run();
  } catch {
    return "throws";
  }
}

export async function storePath(project: Project): Promise<string | null> {
  const folder = project.path("node_modules/.cache/clean-slate");
  const name = (await readdir(folder)).find((file) => file.startsWith("modules-"));
  return name === undefined ? null : project.path("node_modules/.cache/clean-slate", name);
}

/** A project whose compiled modules are kept. */
export async function keptProject(models: Files, files: Files = {}): Promise<Project> {
  const project = await projectWith(models, files);
  await bundled(project);
  (await linked(project))?.keep();
  if ((await storePath(project)) === null) throw new Error("nothing was kept");
  return project;
}
