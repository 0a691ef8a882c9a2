import fc from "fast-check";
import { readFileSync, utimesSync, writeFileSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { describe, expect, test, vi } from "vitest";
import { blueprintFromModels } from "../../src/actions/blueprint.ts";
import { loadEsbuild } from "../../src/project/bundle.ts";
import { readConfig } from "../../src/project/config.ts";
import { loadDrizzle } from "../../src/project/drizzle-core.ts";
import { linkModules, type LinkedModules } from "../../src/project/link-modules.ts";
import { openModelCache } from "../../src/project/model-cache.ts";
import { loadModels, type LoadedModels } from "../../src/project/models.ts";
import { openModuleStore } from "../../src/project/module-store.ts";
import { watchGlobals } from "../../src/project/watched-globals.ts";
import { createProject, type Project } from "../support/project.ts";

type Files = Readonly<Record<string, string>>;

/** What makes a program large enough for its modules to be worth keeping. */
const LARGE = `// ${"large ".repeat(50_000)}\n`;
const CORE = `import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";\n`;
const USERS = `${CORE}export const users = sqliteTable("users", { id: integer().primaryKey(), name: text() });\n`;
const TASKS = `${CORE}import { users } from "./users";
export const tasks = sqliteTable("tasks", { id: integer().primaryKey(), user: integer().references(() => users.id) });
`;

async function projectWith(models: Files, files: Files = {}): Promise<Project> {
  return createProject({ models: { "large.ts": `${LARGE}export {};\n`, ...models }, files });
}

async function blueprint({ dir }: Project) {
  const { statements, rows, fingerprint } = await blueprintFromModels(readConfig(dir, {}), new Date());
  return { statements, rows, fingerprint };
}

function openCache({ dir, path }: Project) {
  return openModelCache({ root: dir, models: path("models"), salt: "test" });
}

/** Loads the models as a bundle and keeps how their modules are linked. */
async function bundled(project: Project): Promise<LoadedModels> {
  const cache = openCache(project);
  const loaded = await loadModels(project.dir, project.path("models"));
  const { inputs: modules, searched: folders, graph } = loaded;
  if (loaded.isReproducible()) cache.write({ modules, folders, files: [], graph }, {}, {});
  return loaded;
}

/** Runs the models module by module, as after an edit; null where that is not possible. */
async function linked(project: Project): Promise<LinkedModules | null> {
  const { dir: root, path } = project;
  const kept = openCache(project).readGraph();
  const esbuild = loadEsbuild();
  const drizzle = () => loadDrizzle(root, esbuild);
  const watched = watchGlobals();
  return kept && linkModules({ root, folder: path("models"), esbuild, kept, watched, loadDrizzle: drizzle });
}

/** What is exported under which name. A name without a value, which a bundle makes of what is not there, makes no table. */
function exportsOf(loaded: LoadedModels | LinkedModules): string {
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
  return typeof value === "object" && value !== null && !Array.isArray(value)
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

async function storePath(project: Project): Promise<string | null> {
  const folder = project.path("node_modules/.cache/clean-slate");
  const name = (await readdir(folder)).find((file) => file.startsWith("modules-"));
  return name === undefined ? null : project.path("node_modules/.cache/clean-slate", name);
}

/** A project whose compiled modules are kept. */
async function keptProject(models: Files, files: Files = {}): Promise<Project> {
  const project = await projectWith(models, files);
  await bundled(project);
  (await linked(project))?.keep();
  expect(await storePath(project)).not.toBeNull();
  return project;
}

const NOT_NULL = USERS.replace("text()", "text().notNull()");

describe("models that were edited", () => {
  test("are compiled one by one, and what others were compiled to is used", async () => {
    await using project = await keptProject({
      "users.ts": USERS,
      "tasks.ts": TASKS,
      "n.ts": "export const n = 1;",
    });
    const store = openModuleStore(project.dir, project.path("models"));
    const changed = [...store.read().values()].map((module) => ({
      ...module,
      code: module.code.replace("const n=1", "const n=7").replace("var n=1", "var n=7"),
      data: Buffer.alloc(0),
    }));
    store.write(changed);
    await project.write("models/users.ts", NOT_NULL);
    const run = await linked(project);
    expect(Object.fromEntries(run?.exported.flat() ?? [])).toMatchObject({ n: 7 });
    run?.keep();
    expect(store.read().get("models/n.ts")?.data.length).toBeGreaterThan(100);
  });

  test("make the same schema as in a project that has kept nothing", async () => {
    await using project = await projectWith({ "users.ts": USERS, "tasks.ts": TASKS });
    const scratch = async () => {
      await rm(project.path("node_modules/.cache"), { recursive: true, force: true });
      return blueprint(project);
    };
    await scratch();
    for (const source of [
      NOT_NULL,
      `${NOT_NULL}${USERS.slice(CORE.length).replaceAll("users", "people")}`,
      USERS,
    ]) {
      await project.write("models/users.ts", source);
      const made = await blueprint(project);
      const again = await blueprint(project);
      expect(await storePath(project)).not.toBeNull();
      expect([made, again]).toEqual([await scratch(), made]);
      await project.write("models/users.ts", `${source}// once more\n`);
      expect(await blueprint(project)).toEqual(made);
    }
  });

  test.each<[string, (bytes: Buffer) => Buffer]>([
    ["cut", (bytes) => bytes.subarray(0, bytes.length - 1)],
    [
      "changed in one byte",
      (bytes) => bytes.fill(bytes[bytes.length >> 1]! ^ 1, bytes.length >> 1, (bytes.length >> 1) + 1),
    ],
    ["empty", () => Buffer.alloc(0)],
    ["of another form", () => Buffer.from("null")],
  ])("are compiled again when what was kept is %s", async (_case, harm) => {
    await using project = await keptProject({ "users.ts": USERS, "tasks.ts": TASKS });
    const path = (await storePath(project)) ?? "";
    writeFileSync(path, harm(readFileSync(path)));
    expect(openModuleStore(project.dir, project.path("models")).read().size).toBe(0);
    const run = await linked(project);
    expect(run?.exported.flat().map(([name]) => name)).toEqual(["tasks", "users"]);
  });

  test("are compiled again when the configuration of TypeScript has changed", async () => {
    const own = `class Own { field; }\nexport const keys = Object.keys(new Own()).length;`;
    const config = (define: boolean) =>
      JSON.stringify({ compilerOptions: { useDefineForClassFields: define } });
    await using project = await keptProject({ "own.ts": own }, { "tsconfig.json": config(true) });
    await project.write("tsconfig.json", config(false));
    expect(await linked(project)).toBeNull();
    await bundled(project);
    await project.write("models/more.ts", "export {};");
    await bundled(project);
    await project.write("models/more.ts", "export { };");
    expect(exportsOf((await linked(project))!)).toBe(`[["keys",0]]`);
  });

  test("of which one was saved while they were read leave nothing", async () => {
    await using project = await projectWith({ "users.ts": USERS });
    await blueprint(project);
    await project.write("models/users.ts", NOT_NULL);
    const inAMinute = new Date(Date.now() + 60_000);
    utimesSync(project.path("models/users.ts"), inAMinute, inAMinute);
    await blueprint(project);
    expect(await storePath(project)).toBeNull();
  });

  test("say what they print once, also when they fail", async () => {
    const printing = (more: string) =>
      `${CORE}console.log("100%", "%s");\n${more}export const t = sqliteTable("t", { id: integer() }, () => { console.log("later"); return []; });\n`;
    const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    await using project = await keptProject({ "t.ts": printing("") });
    said.mockClear();
    const heard = () => said.mock.calls.map(([text]) => String(text)).join("");
    await project.write("models/t.ts", printing("// edited\n"));
    await blueprint(project);
    const whole = heard();
    said.mockClear();
    await project.write("models/t.ts", printing(`throw new Error("no luck");\n`));
    const failure = await blueprint(project).catch((error: unknown) => error);
    const failed = heard();
    said.mockRestore();
    expect(whole).toBe("100% %s\nlater\n");
    expect(failure).toMatchObject({
      code: "MODELS_INVALID",
      message: expect.stringMatching(/^models\/t\.ts:3:\d+: Error: no luck/),
    });
    expect(failed).toBe("100% %s\n");
  });
});

/** What one module of a pair says before and after an edit; the other one is `b.ts` beside it. */
describe("a module that was edited means what it means in a bundle", () => {
  const B = `export const one = 1; export default { two: 2 }; export type T = string; export enum E { A = 4 };`;
  test.each<[string, string]>([
    ["a default import", `import b from "./b"; export const a = b.two;`],
    ["a namespace", `import * as b from "./b"; export const a = [b.one, b.default.two, Object.keys(b)];`],
    ["a namespace that is handed on", `export * as b from "./b";`],
    ["a star", `export * from "./b"; export const three = 3;`],
    ["names that are handed on", `export { one as first, default } from "./b";`],
    ["a default that is handed on under a name", `export { default as all } from "./b";`],
    ["a type", `import { T, one } from "./b"; export const a: T = String(one);`],
    ["a type that is handed on", `export { type T, one } from "./b";`],
    ["an enum", `import { E } from "./b"; export const a = E.A;`],
    ["a name of any characters", `const x = 1; export { x as "a,b \\"c\\"" };`],
    ["a name that is no identifier, imported", `import { "a,b" as x } from "./odd"; export const a = x;`],
    [
      "a function used before its module ran",
      `import { late } from "./circle"; export function early() { return 1; } export const a = late;`,
    ],
    [
      "what is not there yet in a circle",
      `import { seen } from "./circle"; export const early = () => 2; export const a = [seen, typeof early];`,
    ],
    ["an alias", `import { one } from "@own/b"; export const a = one;`],
  ])("%s", async (_case, source) => {
    const files = { "tsconfig.json": `{ "compilerOptions": { "paths": { "@own/*": ["./models/*"] } } }` };
    const models = {
      "a.ts": source,
      "b.ts": B,
      "odd.ts": `const x = 5; export { x as "a,b" };`,
      "circle.ts": `import * as a from "./a"; export const seen = typeof a.a; export const late = typeof a.early;`,
    };
    await using project = await keptProject(models, files);
    await project.write("models/a.ts", `${source}\n// edited`);
    const run = await linked(project);
    expect(run).not.toBeNull();
    expect(exportsOf(run!)).toBe(exportsOf(await bundled(project)));
  });
});

test("a module that hands on everything of a package exports the same names", async () => {
  const source = `export * from "drizzle-orm/sqlite-core"; export const three = 3;`;
  await using project = await keptProject({ "a.ts": source });
  await project.write("models/a.ts", `${source}\n// edited`);
  const names = (await linked(project))?.exported.flat().map(([name]) => name);
  expect(names).toEqual((await bundled(project)).exports.map(({ name }) => name));
});

describe("modules are not compiled one by one", () => {
  test.each<[string, Files, Files]>([
    ["of a small program", { "large.ts": "export {};", "users.ts": USERS }, {}],
    ["with JSON", { "a.ts": `import a from "../a.json"; export const b = a;` }, { "a.json": "{}" }],
    ["with CommonJS", { "a.cjs": "exports.a = 1;" }, {}],
    ["with require", { "a.ts": `export const a = require("./b");`, "b.ts": "export {};" }, {}],
    [
      "with an import that waits",
      { "a.ts": `export const a = () => import("./b");`, "b.ts": "export {};" },
      {},
    ],
    [
      "of which the bundler leaves one out",
      { "a.ts": `import "../b"; export {};` },
      { "b.ts": "throw new Error('left out');", "package.json": `{ "sideEffects": false }` },
    ],
    [
      "where a package decides over the names",
      { "a.ts": `import { sql } from "../b"; export const a = typeof sql;` },
      { "b.ts": `export * from "drizzle-orm";` },
    ],
  ])("%s", async (_case, models, files) => {
    await using project = await projectWith(models, files);
    expect((await bundled(project)).graph).toBeNull();
    expect(await linked(project)).toBeNull();
  });
});

/** Modules named by letters: what each says is made of small parts, of which an edit changes one module's. */
const FILES = ["models/a.ts", "models/b.ts", "models/c.js", "models/d.mts", "lib/e.ts"] as const;

const statement = fc.record({
  kind: fc.constantFrom(
    "value",
    "default",
    "name",
    "names",
    "star",
    "space",
    "hand",
    "other",
    "effect",
    "late",
    "type",
  ),
  file: fc.constantFrom(...FILES),
  name: fc.constantFrom("x", "y", "z"),
  own: fc.constantFrom("x", "y", "z", "w"),
  number: fc.nat(9),
});

type Statement = typeof statement extends fc.Arbitrary<infer T> ? T : never;

function render({ kind, file, name, own, number }: Statement, at: string): string {
  const from = JSON.stringify(
    `${at.startsWith("lib") ? "../models" : "."}/${file.slice(7)}`.replace("./", "./"),
  );
  const target = file.startsWith("lib") ? (at.startsWith("lib") ? '"./e"' : '"../lib/e"') : from;
  switch (kind) {
    case "value":
      return `export const ${own} = [${number}, "${at}"];`;
    case "default":
      return `export default [${number}, "default of ${at}"];`;
    case "name":
      return `import { ${name} as i${number} } from ${target}; log.push(["${at}", typeof i${number}]);`;
    case "names":
      return `import { ${name} as i${number} } from ${target}; export const ${own} = () => [i${number}];`;
    case "star":
      return `export * from ${target};`;
    case "space":
      return `import * as n${number} from ${target}; log.push(Object.keys(n${number}).length); export const ${own} = () => n${number}.${name};`;
    case "hand":
      return `export { ${name} as ${own} } from ${target};`;
    case "other":
      return `import d${number} from ${target}; log.push(["${at}", d${number}]);`;
    case "effect":
      return `import ${target}; log.push("${at} after ${file}");`;
    case "late":
      return `export function ${own}() { return "${at} ${number}"; }`;
    case "type":
      return at.endsWith("js")
        ? ""
        : `import type { ${name} as t${number} } from ${target}; export type K${number} = t${number};`;
  }
}

const LOG = `import { log } from "LOG";\nlog.push("start of AT");\n`;

function sourceOf(statements: readonly Statement[], at: string): string {
  const log = at.startsWith("lib") ? "./log" : "../lib/log";
  return LOG.replace("LOG", log).replace("AT", at) + statements.map((one) => render(one, at)).join("\n");
}

test("modules linked one by one are what the bundle makes of them, or the bundle decides", async () => {
  const program = fc.tuple(...FILES.map(() => fc.array(statement, { maxLength: 4 })));
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(
      program,
      fc.array(fc.tuple(fc.nat(4), fc.array(statement, { maxLength: 4 })), { minLength: 1, maxLength: 3 }),
      async (sources, edits) => {
        const files = Object.fromEntries(
          FILES.map((path, index) => [path, sourceOf(sources[index] ?? [], path)]),
        );
        const log = {
          "lib/log.js": "export const log = [];",
          "models/log.ts": `export { log } from "../lib/log";`,
        };
        await using project = await projectWith({}, { ...files, ...log });
        const whole = () => bundled(project).then(exportsOf, (error: unknown) => String(error));
        await whole();
        for (const [index, statements] of edits) {
          const path = FILES[index]!;
          await project.write(path, sourceOf(statements, path));
          const run = await linked(project);
          run?.keep();
          const expected = await whole();
          if (run === null) continue;
          compared++;
          expect(exportsOf(run)).toBe(expected);
        }
      },
    ),
    { numRuns: 40 },
  );
  expect(compared).toBeGreaterThan(20);
}, 60_000);
