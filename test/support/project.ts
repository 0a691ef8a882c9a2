import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createTemporaryFolder, repoPath } from "./paths.ts";

export interface ProjectOptions {
  /** File name under models/ → TypeScript source. */
  readonly models?: Readonly<Record<string, string>>;
  /** What its .env holds; no file without it. */
  readonly env?: Readonly<Record<string, string>>;
  /** Any other file: path → content. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A project folder as a user has one; `drizzle-orm` and our other packages resolve in it. */
export interface Project extends AsyncDisposable {
  readonly dir: string;
  readonly path: (...parts: string[]) => string;
  /** Writes a file, making its folders; the path is relative to the project. */
  readonly write: (path: string, content: string) => Promise<void>;
  readonly read: (path: string) => Promise<string>;
}

/** Makes a project in a temporary folder that disposing removes. */
export async function createProject(options: ProjectOptions = {}): Promise<Project> {
  const folder = await createTemporaryFolder("project");
  const path = (...parts: string[]) => join(folder.dir, ...parts);
  const write = async (name: string, content: string) => {
    await mkdir(dirname(path(name)), { recursive: true });
    await writeFile(path(name), content);
  };
  await linkPackages(path("node_modules"));
  for (const [name, content] of Object.entries(filesOf(options))) await write(name, content);
  return {
    dir: folder.dir,
    path,
    write,
    read: (name) => readFile(path(name), "utf8"),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** A folder of its own, so that what is cached in it goes with the project; the packages in it are the repository's. */
async function linkPackages(modules: string): Promise<void> {
  const names = (await readdir(repoPath("node_modules"))).filter((name) => !name.startsWith("."));
  await mkdir(modules);
  await Promise.all(
    names.map((name) => symlink(repoPath("node_modules", name), join(modules, name), "junction")),
  );
}

function filesOf({ models = {}, env, files }: ProjectOptions): Record<string, string> {
  return {
    "package.json": `${JSON.stringify({ name: "test-project", private: true, type: "module" }, null, 2)}\n`,
    ...Object.fromEntries(Object.entries(models).map(([name, source]) => [join("models", name), source])),
    ...(env ? { ".env": envText(env) } : {}),
    ...files,
  };
}

/** One line per variable, in double quotes; a value with a double quote in it has no such form. */
function envText(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(([name, value]) => `${name}="${value}"\n`)
    .join("");
}
