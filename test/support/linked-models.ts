import { existsSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { loadEsbuild } from "../../src/project/bundle.ts";
import { editedProgram } from "../../src/project/linked-program.ts";
import { openModelCache } from "../../src/project/model-cache.ts";
import { loadModels, type LoadedModels } from "../../src/project/models.ts";
import { openModuleStore, type ModuleStore } from "../../src/project/module-store.ts";
import { createProject, type Project } from "./project.ts";

export const CORE = `import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";\n`;
export const USERS = `${CORE}export const users = sqliteTable("users", { id: integer().primaryKey(), name: text() });\n`;
export const NOT_NULL = USERS.replace("text()", "text().notNull()");
export const TASKS = `${CORE}import { users } from "./users";
export const tasks = sqliteTable("tasks", { id: integer().primaryKey(), user: integer().references(() => users.id) });
`;

export type Files = Readonly<Record<string, string>>;

/** What makes a program large enough for its modules to be run one by one. */
export const LARGE = `// ${"large ".repeat(50_000)}\nexport {};\n`;

export function largeProject(models: Files, files: Files = {}): Promise<Project> {
  return createProject({ models: { "large.ts": LARGE, ...models }, files });
}

export interface Loaded extends LoadedModels {
  /** Null for a bundle. */
  readonly linkage: string | null;
  /** Whether nothing but edited modules was compiled. */
  readonly isFromKept: boolean;
}

/** Loads the models as a command does, and keeps what it keeps. */
export async function load(project: Project): Promise<Loaded> {
  await setTimeout(15); // what was saved less than that before a run is not kept
  const { dir: root, path } = project;
  const cache = openModelCache({ root, models: path("models"), salt: "test" });
  const kept = storeOf(project).read();
  const before = cache.readLinkage();
  const isKept = before !== null && kept?.linkage === before;
  const isFromKept =
    isKept && (await editedProgram({ esbuild: loadEsbuild(), root, at: Date.now() }, kept)) !== null;
  const loaded = await loadModels(root, path("models"), before);
  const linkage = loaded.keep();
  const { inputs: modules, places, aliases } = loaded;
  if (loaded.isReproducible()) cache.write({ modules, places, aliases, files: [], linkage }, {}, {});
  return { ...loaded, linkage, isFromKept };
}

/** A project whose models were loaded once, module by module. */
export async function loadedProject(models: Files, files: Files = {}): Promise<Project> {
  const project = await largeProject(models, files);
  const { linkage } = await load(project);
  if (linkage === null) throw new Error("the modules were not run one by one");
  return project;
}

export function storeOf({ dir, path }: Project): ModuleStore {
  return openModuleStore(dir, path("models"));
}

export async function forget(project: Project): Promise<void> {
  await rm(project.path("node_modules/.cache"), { recursive: true, force: true });
}

/** The file of the kept modules; null when there is none. */
export function storePath(project: Project): string | null {
  const folder = project.path("node_modules/.cache/clean-slate");
  const name = existsSync(folder)
    ? readdirSync(folder).find((file) => file.startsWith("modules-"))
    : undefined;
  return name === undefined ? null : project.path("node_modules/.cache/clean-slate", name);
}

/** What is exported under which name, or why nothing is. */
export async function shown(loading: Promise<LoadedModels>): Promise<string> {
  try {
    const { exports } = await loading;
    const made = exports.filter(({ value }) => value !== undefined);
    return JSON.stringify(made.map(({ name, value }) => [name, plain(value)]));
  } catch (error) {
    return String(error);
  }
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
