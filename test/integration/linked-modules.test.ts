import { readFileSync, utimesSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { describe, expect, test, vi } from "vitest";
import { blueprintFromModels } from "../../src/actions/blueprint.ts";
import { readConfig } from "../../src/project/config.ts";
import { openModuleStore } from "../../src/project/module-store.ts";
import {
  bundled,
  exportsOf,
  keptProject,
  linked,
  projectWith,
  storePath,
  type Files,
} from "../support/linked-models.ts";
import type { Project } from "../support/project.ts";
import { runCli } from "../support/run-cli.ts";

const CORE = `import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";\n`;
const USERS = `${CORE}export const users = sqliteTable("users", { id: integer().primaryKey(), name: text() });\n`;
const TASKS = `${CORE}import { users } from "./users";
export const tasks = sqliteTable("tasks", { id: integer().primaryKey(), user: integer().references(() => users.id) });
`;

async function blueprint({ dir }: Project) {
  const { statements, rows, fingerprint } = await blueprintFromModels(readConfig(dir, {}), new Date());
  return { statements, rows, fingerprint };
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
      (bytes) => Buffer.from(bytes.with(bytes.length >> 1, ~(bytes.at(bytes.length >> 1) ?? 0))),
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
    expect((await linked(project))?.exported.flat()).toEqual([["keys", 0]]);
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
    ["the name of a class", `class Own {} export const a = () => Own.name;`],
    ["the name of a function", `export function own() { return [own.name, (() => {}).name]; }`],
    [
      "a function that is strict or not",
      `export const a = (function (this: unknown) { return typeof this; })();`,
    ],
    ["a directive", `"use strict"; export const a = (function (this: unknown) { return typeof this; })();`],
    [
      "characters that esbuild does not escape",
      `/*! – */ export const a = () => "a – b €".replace(/[–€]/g, "");`,
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
    expect(run && exportsOf(run)).toBe(exportsOf(await bundled(project)));
  });
});

test("the bundle decides where an edit makes a second way to a name", async () => {
  await using project = await keptProject(
    { "index.ts": `export * from "../lib/users"; import { two } from "../lib/b"; export const n = two;` },
    {
      "lib/users.ts": USERS,
      "lib/b.ts": `import { users } from "./users"; export const two = typeof users;`,
    },
  );
  await project.write("lib/b.ts", `export * from "./users"; export const two = 2;`);
  expect(await linked(project)).toBeNull();
  expect((await bundled(project)).exports.map(({ name }) => name)).toEqual(["n", "users"]);
});

test.each<[string, string, RegExp | null]>([
  [
    "requires what is not known, and hides that it failed",
    `let a; try { const name = "node:os"; a = require(name).EOL; } catch {} export const b = a;`,
    null,
  ],
  [
    "imports as JSON what is none",
    `import { n } from "./n" with { type: "json" }; export const b = n;`,
    /JSON/,
  ],
  [
    "imports what has another name",
    `import { n, m } from "./n"; export const b = [n, m];`,
    /No matching export/,
  ],
])("the bundle decides when a module %s", async (_case, source, message) => {
  await using project = await keptProject({
    "a.ts": `import { n } from "./n"; export const b = n;`,
    "n.ts": `const n = 1; export { n, n as "n,m" };`,
  });
  await project.write("models/a.ts", source);
  expect(await linked(project)).toBeNull();
  const failure = await bundled(project).catch((error: unknown) => String(error));
  if (message) expect(failure).toMatch(message);
  else expect(failure).toHaveProperty("exports");
});

test("what a model prints before it ends the process is not lost", async () => {
  await using project = await projectWith({ "a.ts": "export {};", "users.ts": USERS });
  const generate = () => runCli(["generate-migration", "--stdout"], { cwd: project.dir });
  await generate();
  await project.write("models/users.ts", NOT_NULL);
  await generate();
  expect(await storePath(project)).not.toBeNull();
  await project.write("models/a.ts", `console.log("bye"); process.exit(3);`);
  expect(await generate()).toMatchObject({ code: 1, stderr: expect.stringMatching(/^bye\nerror: a model/) });
});

test("how modules are linked is not kept where some are said to have no effects", async () => {
  const models = { "users.ts": USERS };
  await using project = await projectWith(models, { "package.json": `{ "sideEffects": ["x"] }` });
  expect((await bundled(project)).graph).not.toBeNull();
  expect(await linked(project)).toBeNull();
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
    [
      "with require by any name",
      { "a.ts": `const load = require; export const a = load("node:os").EOL.length;` },
      {},
    ],
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
      "where one name is handed on in two ways",
      {
        "b.ts": `export * from "./users";`,
        "index.ts": `export * from "./users"; export * from "./b";`,
        "users.ts": USERS,
      },
      {},
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
