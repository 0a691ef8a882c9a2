import { describe, expect, test } from "vitest";
import {
  CORE,
  LARGE,
  largeProject,
  load,
  loadedProject,
  NOT_NULL,
  shown,
  storePath,
  TASKS,
  USERS,
  type Files,
} from "../support/linked-models.ts";
import { createProject } from "../support/project.ts";

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
        "large.ts": LARGE.repeat(22),
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
    [
      "with a call that is marked as one without effects",
      { "a.ts": "export const a = /* @__PURE__ */ (() => 1)();" },
      {},
    ],
    [
      "with a function that is marked so",
      { "a.ts": "/* @__NO_SIDE_EFFECTS__ */ export const a = () => 1;" },
      {},
    ],
    ["with all that CommonJS has", { "a.ts": "export const a = () => ({ ...module });" }, {}],
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
