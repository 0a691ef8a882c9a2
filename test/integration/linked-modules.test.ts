import { readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { blueprintFromModels } from "../../src/actions/blueprint.ts";
import { loadEsbuild } from "../../src/project/bundle.ts";
import { readConfig } from "../../src/project/config.ts";
import { linkedProgram } from "../../src/project/linked-program.ts";
import {
  forget,
  LARGE,
  largeProject,
  load,
  shown,
  storeOf,
  storePath,
  type Files,
} from "../support/linked-models.ts";
import { createProject, type Project } from "../support/project.ts";

const CORE = `import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";\n`;
const USERS = `${CORE}export const users = sqliteTable("users", { id: integer().primaryKey(), name: text() });\n`;
const NOT_NULL = USERS.replace("text()", "text().notNull()");
const TASKS = `${CORE}import { users } from "./users";
export const tasks = sqliteTable("tasks", { id: integer().primaryKey(), user: integer().references(() => users.id) });
`;

async function blueprint({ dir }: Project) {
  await setTimeout(15); // what was saved less than that before a run is not kept
  const { statements, rows, fingerprint } = await blueprintFromModels(readConfig(dir, {}), new Date());
  return { statements, rows, fingerprint };
}

/** A project whose models were loaded once. */
async function loadedProject(models: Files, files: Files = {}): Promise<Project> {
  const project = await largeProject(models, files);
  const { linkage } = await load(project);
  if (linkage === null) throw new Error("the modules were not run one by one");
  return project;
}

describe("models that were edited", () => {
  test("are compiled one by one, and what others were compiled to is used", async () => {
    const models = { "users.ts": USERS, "tasks.ts": TASKS, "n.ts": "export const n = 1;" };
    await using project = await loadedProject(models);
    const kept = storeOf(project).read();
    if (kept === null) throw new Error("nothing was kept");
    const changed = [...kept.modules].map(([path, own]) => {
      const code = own.code.replace("const n=1", "const n=7");
      return [path, { ...own, code, data: Buffer.alloc(0) }] as const;
    });
    storeOf(project).write({ ...kept, modules: new Map(changed) });
    await project.write("models/users.ts", NOT_NULL);
    const { exports, isFromKept } = await load(project);
    expect(isFromKept).toBe(true);
    expect(exports).toContainEqual({ file: "models/n.ts", name: "n", value: 7 });
    expect(storeOf(project).read()?.modules.get("models/n.ts")?.data.length).toBeGreaterThan(100);
  });

  test("make the same schema as in a project that has kept nothing", async () => {
    await using project = await largeProject({ "users.ts": USERS, "tasks.ts": TASKS });
    const scratch = async () => {
      await forget(project);
      return blueprint(project);
    };
    await scratch();
    const more = `${NOT_NULL}${USERS.slice(CORE.length).replaceAll("users", "people")}`;
    for (const source of [NOT_NULL, more, USERS]) {
      await project.write("models/users.ts", source);
      const made = await blueprint(project);
      const again = await blueprint(project);
      expect(storePath(project)).not.toBeNull();
      expect([made, again]).toEqual([await scratch(), made]);
      await project.write("models/users.ts", `${source}// once more\n`);
      expect(await blueprint(project)).toEqual(made);
    }
  });

  test.each<[string, (bytes: Buffer) => Buffer]>([
    ["cut", (bytes) => bytes.subarray(0, bytes.length - 1)],
    [
      "changed in one byte",
      (bytes) => Buffer.from(bytes.with(bytes.length >> 1, ~(bytes.at(bytes.length >> 1) ?? 0))),
    ],
    ["empty", () => Buffer.alloc(0)],
    ["of another form", () => Buffer.from("null")],
  ])("are all compiled again when what was kept is %s", async (_case, harm) => {
    await using project = await loadedProject({ "users.ts": USERS, "tasks.ts": TASKS });
    const path = storePath(project) ?? "";
    writeFileSync(path, harm(readFileSync(path)));
    expect(storeOf(project).read()).toBeNull();
    await project.write("models/users.ts", NOT_NULL);
    const { exports, isFromKept } = await load(project);
    expect(isFromKept).toBe(false);
    expect(exports.map(({ name }) => name)).toEqual(["tasks", "users"]);
    expect(storeOf(project).read()?.modules.size).toBe(3);
  });

  test("are all compiled again when the configuration of TypeScript has changed", async () => {
    const own = `class Own { field; }\nexport const keys = Object.keys(new Own()).length;`;
    const config = (define: boolean) =>
      JSON.stringify({ compilerOptions: { useDefineForClassFields: define } });
    await using project = await loadedProject({ "own.ts": own }, { "tsconfig.json": config(true) });
    await project.write("tsconfig.json", config(false));
    expect(await shown(load(project))).toBe(`[["keys",0]]`);
  });

  test("of which one was saved while they were read leave no word of how they are linked", async () => {
    await using project = await largeProject({ "users.ts": USERS });
    const inAMinute = new Date(Date.now() + 60_000);
    utimesSync(project.path("models/users.ts"), inAMinute, inAMinute);
    await load(project);
    await project.write("models/users.ts", NOT_NULL);
    expect((await load(project)).isFromKept).toBe(false);
  });

  test("run once, also when they fail", async () => {
    const printing = (more: string) =>
      `${CORE}console.log("100%", "%s");\n${more}export const t = sqliteTable("t", { id: integer() });\n`;
    await using project = await loadedProject({ "t.ts": printing("") });
    const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    await project.write("models/t.ts", printing("throw new Error('no luck');\n"));
    const failure = await blueprint(project).catch((error: unknown) => error);
    const heard = said.mock.calls.map(([text]) => String(text)).join("");
    said.mockRestore();
    expect(heard).toBe("100% %s\n");
    expect(failure).toMatchObject({
      code: "MODELS_INVALID",
      message: expect.stringMatching(/^models\/t\.ts:3:\d+: Error: no luck/),
    });
  });
});

describe("a failure names file and line", () => {
  const BROKEN = `#!/usr/bin/env node\nimport { late } from "../lib/late";\n\nexport const a = late();\n`;
  const LATE = `\n/* a\ncomment */ export function late(): string {\n  throw new Error("too late");\n}\n`;

  test.each(["at once", "after an edit"])("%s", async (moment) => {
    const calm = LATE.replace("throw new Error", "return String");
    const files = { "lib/late.ts": moment === "at once" ? LATE : calm };
    await using project = await largeProject({ "a.ts": BROKEN }, files);
    if (moment === "after an edit") {
      await load(project);
      await project.write("lib/late.ts", LATE);
    }
    await expect(load(project)).rejects.toThrow(/^lib\/late\.ts:4:9: Error: too late/);
  });

  test("that imports a package which is not installed", async () => {
    await using project = await largeProject({ "a.ts": `import "not-there"; export {};` });
    await expect(load(project)).rejects.toMatchObject({
      message: expect.stringMatching(/^models\/a\.ts.*Cannot find module 'not-there'/),
      hint: "npm install not-there",
    });
  });
});

/** What one module of some says; it is run after an edit of it, and in a bundle of the same modules. */
describe("a module means what it means in a bundle", () => {
  const B = `export const one = 1; export type T = string; export enum E { A = 4 };`;
  test.each<[string, string]>([
    ["names that are handed on", `export { one as first } from "./b";`],
    ["a type", `import { T, one } from "./b"; export const a: T = String(one);`],
    ["a type that is handed on", `export { type T, one } from "./b";`],
    ["an enum", `import { E } from "./b"; export const a = E.A;`],
    ["a name of any characters", `const x = 1; export { x as "a,b \\"c\\"" };`],
    ["a name that is no identifier, imported", `import { "a,b" as x } from "./odd"; export const a = x;`],
    ["a name among those it may ask for", `export const process = 1; export const Date = 2, module = 3;`],
    ["the name of a class", `class Own {} export const a = () => Own.name;`],
    ["the name of a function", `export function own() { return [own.name, (() => {}).name]; }`],
    [
      "a function that is not strict",
      `export const a = (function (this: unknown) { return typeof this; })();`,
    ],
    [
      "characters that esbuild does not escape",
      `/*! – */ export const a = () => "a – b €".replace(/[–€]/g, "");`,
    ],
    ["an alias", `import { one } from "@own/b"; export const a = one;`],
    [
      "an import of a package as a whole",
      `import * as core from "drizzle-orm/sqlite-core"; export const a = typeof core.text;`,
    ],
    ["an import of nothing", `import "./b"; export const a = 1;`],
  ])("%s", async (_case, source) => {
    const files = { "tsconfig.json": `{ "compilerOptions": { "paths": { "@own/*": ["./models/*"] } } }` };
    const models = {
      "a.ts": source,
      "b.ts": B,
      "odd.ts": `const x = 5; export { x as "a,b" };`,
    };
    await using project = await loadedProject(models, files);
    await using small = await createProject({ models, files });
    await project.write("models/a.ts", `${source}\n// edited`);
    const loading = load(project);
    expect(await shown(loading)).toBe(await shown(load(small)));
    expect((await loading).isFromKept).toBe(true);
  });

  test("one that hands on all model files", async () => {
    const models = {
      "index.ts": `export * from "./users"; export * from "./tasks";`,
      "users.ts": USERS,
      "tasks.ts": TASKS,
    };
    await using project = await loadedProject(models);
    await using small = await createProject({ models });
    await project.write("models/users.ts", NOT_NULL);
    const { isFromKept, exports } = await load(project);
    const listed = (own: typeof exports) => own.map(({ file, name }) => `${file} ${name}`);
    expect(isFromKept).toBe(true);
    expect(listed(exports)).toEqual(listed((await load(small)).exports));
  });
});

/** Of a chain. */
function linkOf(n: number): string {
  if (n === 1599) return "export const m1599 = 1;";
  return `import { m${n + 1} } from "./m${n + 1}"; export const m${n} = m${n + 1};`;
}

/** Each is run at once, and after an edit of another file. */
describe("modules mean what they mean in a bundle, where", () => {
  const ID = `export const id = () => integer("id").primaryKey();`;
  test.each<[string, Files]>([
    [
      "one changes what an earlier one exports",
      {
        "a.ts": `export let a = 1, late: unknown; export function set(value: number) { a = value; late = [value]; }`,
        "b.ts": `import { set } from "./a"; set(2);`,
      },
    ],
    [
      "one in a circle has a function that needs what it imports later",
      {
        "orgs.ts": `import { users } from "./users"; import { stamp } from "./stamp";
          export function owned() { return [stamp]; } export const orgs = () => users;`,
        "stamp.ts": `export const stamp = "at";`,
        "users.ts": `import { owned } from "./orgs"; import { stamp } from "./stamp"; export const users = [owned(), stamp];`,
      },
    ],
    [
      "one in a circle hands on what it imports later",
      {
        "columns.ts": `${CORE}${ID}`,
        "index.ts": `export { users } from "./users"; export { id } from "./columns";`,
        "users.ts": `import { id } from "./index"; export const users = typeof id();`,
      },
    ],
    [
      "one in a circle hides that it asks too early",
      {
        "columns.ts": `export const flag = "on";`,
        "index.ts": `export { users } from "./users"; export { flag } from "./columns";`,
        "users.ts": `import { flag } from "./index"; let name = "off"; try { name = flag; } catch {} export const users = name;`,
      },
    ],
    [
      "tables of two files refer to each other",
      {
        "a.ts": `${CORE}import { b } from "./b"; export const a = sqliteTable("a", { id: integer().references((): any => b.id) });`,
        "b.ts": `${CORE}import { a } from "./a"; export const b = sqliteTable("b", { id: integer().references((): any => a.id) });`,
      },
    ],
    [
      "each imports the next, and there are many",
      {
        "large.ts": `${LARGE.repeat(22)}`,
        ...Object.fromEntries(Array.from({ length: 1600 }, (_, n) => [`m${n}.ts`, linkOf(n)])),
      },
    ],
    [
      "one adds to what it exports like CommonJS",
      {
        "a.js": `export const a = 1; if (typeof module !== "undefined") Object.assign(module.exports, { extra: 2 });`,
      },
    ],
  ])("%s", async (_case, models) => {
    await using project = await largeProject({ ...models, "edited.ts": "export const edited = 1;" });
    await using small = await createProject({
      models: { ...models, "edited.ts": "export const edited = 2;" },
    });
    const before = await shown(load(project));
    await project.write("models/edited.ts", "export const edited = 2;");
    const after = await shown(load(project));
    expect(after).toBe(await shown(load(small)));
    expect(before).toBe(after.replace(`["edited",2]`, `["edited",1]`));
  });
});

test("a module in a circle that asks too early is named with the line of its question", async () => {
  const models = {
    "a.ts": `import { b } from "./b";\n${CORE}export const a = 1; export const k = () => b;`,
    "b.ts": `import { a } from "./a";\n\nexport const b = [a];`,
  };
  await using project = await largeProject(models);
  await expect(load(project)).rejects.toMatchObject({
    message: expect.stringMatching(/^models\/b\.ts:3:\d+: ReferenceError: Cannot access 'a' before/),
    hint: expect.stringContaining("import each other"),
  });
});

test("what was saved after it was bundled is not run for it", async () => {
  await using project = await loadedProject({ "users.ts": USERS });
  const kept = storeOf(project).read();
  if (kept === null) throw new Error("nothing was kept");
  const compiler = { esbuild: loadEsbuild(), root: project.dir };
  const bundled = { graph: kept.graph, at: Date.now() + 20, known: kept.modules };
  expect(await linkedProgram(compiler, bundled)).not.toBeNull();
  await project.write("models/users.ts", NOT_NULL);
  const { mtimeMs } = statSync(project.path("models/users.ts"));
  expect(await linkedProgram(compiler, { ...bundled, at: mtimeMs })).toBeNull();
});

describe("all modules are looked at again when one", () => {
  test.each<[string, string, RegExp]>([
    ["exports another name", `export const n = 1, m = 2;`, /"m",2/],
    ["does not export a name any more", `export const m = 2;`, /No matching export .* for import "n"/],
    ["imports another module", `import { c } from "./c"; export const n = c;`, /"n",3/],
    [
      "imports a name that is not there",
      `import { x } from "./c"; export const n = x;`,
      /No matching export/,
    ],
    ["requires another", `export const n = require("./c").c;`, /"n",3/],
    ["waits for another", `export const n = 1; export const later = () => import("./c");`, /"n",1/],
    ["hands on everything of another", `export * from "./c"; export const n = 1;`, /"c",3.*"n",1/],
    ["cannot be read", `export const n = ;`, /Unexpected/],
    ["waits", `export const n = await 1;`, /Top-level await/],
  ])("%s", async (_case, source, expected) => {
    const models = {
      "a.ts": `import { n } from "./n"; export const a = n;`,
      "c.ts": "export const c = 3;",
      "n.ts": "export const n = 1;",
    };
    await using project = await loadedProject(models);
    await project.write("models/n.ts", source);
    const warm = load(project);
    expect(await shown(warm)).toMatch(expected);
    expect((await warm.catch(() => null))?.isFromKept ?? false).toBe(false);
    await forget(project);
    expect(await shown(load(project))).toBe(await shown(warm));
  });
});

test("all modules are looked at again when one with a default export becomes CommonJS", async () => {
  const models = { "a.ts": `${CORE}export default sqliteTable("a", { id: integer() });`, "users.ts": USERS };
  await using project = await largeProject(models, { "package.json": "{}" });
  await load(project);
  await project.write("models/a.ts", `${CORE}export = sqliteTable("a", { id: integer() });`);
  expect((await load(project)).exports.map(({ name }) => name)).toContain("default");
});

test("a name without a value is missed when it is not exported any more", async () => {
  const models = { "a.ts": `import { u } from "./u"; export const a = u ?? 1;`, "u.ts": `export let u;` };
  await using project = await loadedProject(models);
  await project.write("models/u.ts", "export {};");
  await expect(load(project)).rejects.toThrow(/No matching export .* for import "u"/);
});

test("modules that are small after an edit are run as a bundle", async () => {
  await using project = await loadedProject({ "users.ts": USERS });
  await project.write("models/large.ts", "export {};");
  expect(await load(project)).toMatchObject({ isFromKept: false, linkage: null });
});

describe("modules are not run one by one", () => {
  test.each<[string, Files, Files]>([
    ["of a small program", { "large.ts": "export {};", "users.ts": USERS }, {}],
    [
      "of many small files",
      Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`m${n}.ts`, `export const m${n} = 1;`])),
      {},
    ],
    ["with JSON", { "a.ts": `import a from "../a.json"; export const b = a;` }, { "a.json": "{}" }],
    [
      "with require by any name",
      { "a.ts": `const load = require; export const a = load("node:os").EOL.length;` },
      {},
    ],
    ["with CommonJS", { "a.cjs": "exports.a = 1;" }, {}],
    ["with CommonJS beside exports", { "a.ts": "export const a = 1; module.exports.b = 2;" }, {}],
    ["with require", { "a.ts": `export const a = require("./b");`, "b.ts": "export {};" }, {}],
    [
      "with an import that waits",
      { "a.ts": `export const a = () => import("./b");`, "b.ts": "export {};" },
      {},
    ],
    [
      "with one that is imported as a whole",
      { "a.ts": `import * as b from "./b"; export const a = b;`, "b.ts": "export const b = 1;" },
      {},
    ],
    [
      "with a default import",
      { "a.ts": `import b from "./b"; export const a = b;`, "b.ts": "export default 1;" },
      {},
    ],
    [
      "where one that is imported hands on everything of another",
      {
        "a.ts": `import { users } from "./b"; export const a = () => users;`,
        "b.ts": `export * from "./users";`,
        "users.ts": USERS,
      },
      {},
    ],
    [
      "where one hands on everything of what is no model file",
      { "a.ts": `export * from "../lib/b";` },
      { "lib/b.ts": "export const b = 1;" },
    ],
    [
      "where some are said to have no effects",
      { "a.ts": `import "../b"; export {};` },
      { "b.ts": "throw new Error('left out');", "package.json": `{ "sideEffects": false }` },
    ],
  ])("%s", async (_case, models, files) => {
    await using project = await largeProject(models, files);
    const { linkage } = await load(project);
    expect([linkage, storePath(project)]).toEqual([null, null]);
  });
});
