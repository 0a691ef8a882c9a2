import { readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { blueprintFromModels } from "../../src/actions/blueprint.ts";
import { loadEsbuild } from "../../src/project/bundle.ts";
import { readConfig } from "../../src/project/config.ts";
import { linkedProgram } from "../../src/project/linked-program.ts";
import {
  CORE,
  forget,
  LARGE,
  largeProject,
  load,
  loadedProject,
  NOT_NULL,
  shown,
  storeOf,
  storePath,
  TASKS,
  USERS,
} from "../support/linked-models.ts";
import type { Project } from "../support/project.ts";

async function blueprint({ dir }: Project) {
  await setTimeout(15); // what was saved less than that before a run is not kept
  const { statements, rows, fingerprint } = await blueprintFromModels(readConfig(dir, {}), new Date());
  return { statements, rows, fingerprint };
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

test("so many that each imports the one before are run one by one, but not when the last is asked first", async () => {
  const names = Array.from({ length: 400 }, (_, n) => `m${String(n).padStart(3, "0")}`);
  const chain = names.map((name, n) => [
    `${name}.ts`,
    `${imported(names.slice(n - 1, n))}export const ${name} = 1;`,
  ]);
  const asking = (first: readonly string[]) => `${imported(first)}export const asked = 1;`;
  const models = {
    "a.ts": asking(["m200", "m399"]),
    ...Object.fromEntries(chain),
    "more.ts": LARGE.repeat(6),
  };
  await using project = await loadedProject(models);
  await project.write("models/a.ts", asking(["m399", "m200"]));
  const { linkage, exports } = await load(project);
  expect([linkage, exports.length]).toEqual([null, 401]);
});

function imported(names: readonly string[]): string {
  return names.map((name) => `import "./${name}";`).join("\n");
}

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

test("what was saved after it was bundled is not run for it", async () => {
  await using project = await loadedProject({ "users.ts": USERS });
  const kept = storeOf(project).read();
  if (kept === null) throw new Error("nothing was kept");
  const linked = (at: number) =>
    linkedProgram({ esbuild: loadEsbuild(), root: project.dir, at }, kept.graph, kept.modules);
  expect(await linked(Date.now() + 20)).not.toBeNull();
  await project.write("models/users.ts", NOT_NULL);
  expect(await linked(statSync(project.path("models/users.ts")).mtimeMs)).toBeNull();
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
