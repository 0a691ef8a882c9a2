import { readdir, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { CleanSlateError } from "../../../src/errors.ts";
import { loadModels } from "../../../src/project/models.ts";
import { schemaFromModels } from "../../../src/schema/from-models.ts";
import { createProject, type Project, type ProjectOptions } from "../../support/project.ts";

const CORE = `import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";\n`;
const table = (name: string, more = "") =>
  `export const ${name} = sqliteTable("${name}", { id: integer("id").primaryKey()${more} });\n`;

const projects: Project[] = [];
afterAll(() => Promise.all(projects.map((project) => project[Symbol.asyncDispose]())));

async function schemaOf(models: Readonly<Record<string, string>>, options: ProjectOptions = {}) {
  const project = await createProject({ models, ...options });
  projects.push(project);
  const { drizzle, exports, files } = await loadModels(project.dir, project.path("models"));
  const schema = schemaFromModels(drizzle, exports);
  return { files, tables: schema.tables.map(({ name }) => name).toSorted(), schema };
}

async function failureOf(
  models: Readonly<Record<string, string>>,
  options: ProjectOptions = {},
): Promise<CleanSlateError> {
  const error: unknown = await schemaOf(models, options).then(
    () => new Error("no failure"),
    (reason: unknown) => reason,
  );
  if (error instanceof CleanSlateError) return error;
  throw error;
}

describe("models", () => {
  test("are found in every folder below, as .ts, .mts, .cts, .js, .mjs and .cjs, and in nothing else", async () => {
    const { tables, files } = await schemaOf({
      "a.ts": CORE + table("a"),
      "deep/er/b.mts": CORE + table("b"),
      "deep/c.js": CORE + table("c"),
      "d.mjs": CORE + table("d"),
      "e.cts": CORE + table("e"),
      "f.cjs": `const { integer, sqliteTable } = require("drizzle-orm/sqlite-core"); exports.f = sqliteTable("f", { id: integer("id") });`,
      "g.test.ts": "throw new Error('tests are no models');",
      "h.d.ts": "export declare const h: string;",
      "node_modules/x/index.js": "throw new Error('packages are no models');",
      "notes.md": "# no model",
    });
    expect(tables).toEqual(["a", "b", "c", "d", "e", "f"]);
    expect(files).toHaveLength(6);
  });

  test("take a package from beside the file that imports it", async () => {
    const pkg = (name: string) => `exports.name = ${JSON.stringify(name)};`;
    const source = `${CORE}import { name } from "names";\nexport const t = sqliteTable(name, { id: integer("id") });`;
    const files = {
      "node_modules/names/index.js": pkg("far"),
      "models/node_modules/names/index.js": pkg("near"),
    };
    expect((await schemaOf({ "a.ts": source }, { files })).tables).toEqual(["near"]);
  });

  test("see the environment as it is, without what the bundler is given", async () => {
    const { GOGC = "none" } = process.env;
    const source = `export const t = sqliteTable(process.env["GOGC"] ?? "none", { id: integer("id") });`;
    expect((await schemaOf({ "a.ts": CORE + source })).tables).toEqual([GOGC]);
    expect(process.env["GOGC"] ?? "none").toBe(GOGC);
  });

  test("are read as ever when the kept copy of drizzle-orm was cut, which is made again", async () => {
    const project = await createProject({ models: { "a.ts": CORE + table("a") } });
    projects.push(project);
    await rm(project.path("node_modules/drizzle-orm"));
    for (const [file, name] of Object.entries({ index: "drizzle-orm", core: "drizzle-orm/sqlite-core" })) {
      const real = createRequire(import.meta.url).resolve(name);
      await project.write(
        `node_modules/drizzle-orm/${file}.js`,
        `module.exports = require(${JSON.stringify(real)});`,
      );
    }
    const exports = { ".": "./index.js", "./sqlite-core": "./core.js" };
    await project.write(
      "node_modules/drizzle-orm/package.json",
      JSON.stringify({ name: "drizzle-orm", exports }),
    );
    const folder = project.path("node_modules/.cache/clean-slate");
    const load = async () => {
      const { cache } = createRequire(import.meta.url); // as a new process has it
      for (const path of Object.keys(cache)) if (path.startsWith(folder)) delete cache[path];
      return loadModels(project.dir, project.path("models"));
    };
    await load();
    const [copy = ""] = await readdir(folder);
    for (const cut of ["", "this is cut ("]) {
      await writeFile(join(folder, copy), cut);
      expect((await load()).exports).toHaveLength(1);
      expect(await readdir(folder)).toEqual([]);
    }
    await load();
    expect(await readdir(folder)).toEqual([copy]);
  });

  test("in a linked folder are not passed over in silence", async () => {
    const project = await createProject({
      models: { "a.ts": CORE + table("a") },
      files: { "shared/b.ts": CORE + table("b") },
    });
    projects.push(project);
    await symlink(project.path("shared"), project.path("models/shared"), "junction");
    await expect(loadModels(project.dir, project.path("models"))).rejects.toMatchObject({
      code: "MODELS_INVALID",
      message: expect.stringContaining("models/shared"),
    });
  });

  test("count once however often they are exported, and a barrel changes nothing", async () => {
    const { tables } = await schemaOf({
      "users.ts": `${CORE}${table("users")}export const people = users; export default users;`,
      "index.ts": `export * from "./users"; export * as all from "./users.ts"; export { users as again } from "./users.js";`,
    });
    expect(tables).toEqual(["users"]);
  });

  test("may be types alone, beside others", async () => {
    const { tables } = await schemaOf({
      "types.ts": "export type Id = number; export interface User { readonly id: Id }",
      "user.ts": `import type { User } from "./types"; ${CORE}${table("users")}export const check = (u: User) => u satisfies User; export enum Kind { A }`,
    });
    expect(tables).toEqual(["users"]);
  });

  test("import without extensions, through folders, and through the aliases of tsconfig", async () => {
    const { tables } = await schemaOf(
      {
        "a.ts": `import { idColumn } from "@lib/columns"; import { b } from "./sub"; import { c } from "~/models/c.js"; ${CORE}
          export const a = sqliteTable("a", { id: idColumn(), b: integer().references(() => b.id), c: integer().references(() => c.id) });`,
        "sub/index.ts": CORE + table("b"),
        "c.ts": CORE + table("c"),
      },
      {
        files: {
          "lib/columns.ts": `import { integer } from "drizzle-orm/sqlite-core"; export const idColumn = () => integer("id").primaryKey();`,
          "tsconfig.json": `{ /* comments are fine */ "compilerOptions": { "baseUrl": ".", "paths": { "@lib/*": ["lib/*"], "~/*": ["./*"], }, } }`,
        },
      },
    );
    expect(tables).toEqual(["a", "b", "c"]);
  });

  test("may import each other in a circle when references are functions", async () => {
    const { tables } = await schemaOf({
      "hen.ts": `${CORE}import { egg } from "./egg.ts"; export const hen = sqliteTable("hen", { id: integer("id").primaryKey(), egg: integer("egg").references((): any => egg.id) });`,
      "egg.ts": `${CORE}import { hen } from "./hen.ts"; export const egg = sqliteTable("egg", { id: integer("id").primaryKey(), hen: integer("hen").references((): any => hen.id) });`,
    });
    expect(tables).toEqual(["egg", "hen"]);
  });

  test("may use packages, also those that are ES modules alone, Node's own modules, and JSON", async () => {
    const { tables } = await schemaOf(
      {
        "a.ts": `import { formatMessage } from "publint/utils"; import { basename } from "node:path"; import settings from "../settings.json"; ${CORE}
          export const a = sqliteTable(basename("x/" + typeof formatMessage) + settings.suffix, { id: integer("id") });`,
      },
      { files: { "settings.json": `{ "suffix": "_x" }` } },
    );
    expect(tables).toEqual(["function_x"]);
  });
});

describe("what is wrong with a model is said with its file", () => {
  test.each<[string, Readonly<Record<string, string>>, string, RegExp]>([
    ["no folder", {}, "MODELS_NOT_FOUND", /cannot read the models folder ".*\/models" \(ENOENT\)/],
    ["no files", { "README.md": "" }, "MODELS_NOT_FOUND", /no model files/],
    [
      "a file that throws",
      {
        "ok.ts": CORE + table("ok"),
        "deep/bad.ts": `${CORE}\nconst n: number = 1;\nthrow new Error("no luck");`,
      },
      "MODELS_INVALID",
      /^models\/deep\/bad\.ts:4:\d+: Error: no luck/,
    ],
    [
      "a function that throws",
      {
        "a.ts": `${CORE}import { f } from "./b";\nexport const a = f();`,
        "b.ts": `export function f(): never {\n  throw new TypeError("odd");\n}`,
      },
      "MODELS_INVALID",
      /^models\/b\.ts:2:\d+: TypeError: odd/,
    ],
    [
      "a CommonJS file that throws",
      {
        "a.ts": CORE + table("a"),
        "b.cjs": `const { integer } = require("drizzle-orm/sqlite-core");\n\ninteger("id").nope();`,
      },
      "MODELS_INVALID",
      /^models\/b\.cjs:3:\d+: TypeError/,
    ],
    ["something thrown that is no error", { "a.ts": "throw 'text';" }, "MODELS_INVALID", /text/],
    [
      "a syntax error",
      { "a.ts": `${CORE}export const a = sqliteTable("a", {\n  id: integer(("id"),\n});` },
      "MODELS_INVALID",
      /^models\/a\.ts:4:\d+: /,
    ],
    [
      "an import of nothing",
      { "a.ts": `${CORE}import { x } from "./gone";\n${table("a")}x();` },
      "MODELS_INVALID",
      /^models\/a\.ts:2:\d+: Could not resolve "\.\/gone"/,
    ],
    [
      "a package that is not there",
      { "a.ts": `import "never-installed-package";` },
      "MODELS_INVALID",
      /models\/a\.ts:1:\d+: .*never-installed-package/,
    ],
    [
      "a package that is not there, imported beside a file that is fine",
      { "a.ts": `import x from "never-installed-package";\nexport const y = x;`, "b.ts": CORE + table("ok") },
      "MODELS_INVALID",
      /^models\/a\.ts(?::1:\d+)?: .*never-installed-package/,
    ],
    [
      "a top-level await",
      { "a.ts": `${CORE}export const n = await Promise.resolve(1);` },
      "MODELS_INVALID",
      /^models\/a\.ts:2:\d+: .*[Tt]op-level await/,
    ],
    [
      "a table referenced and not exported",
      {
        "a.ts": `${CORE}const hidden = sqliteTable("hidden", { id: integer("id").primaryKey() });\nexport const a = sqliteTable("a", { id: integer("id").references(() => hidden.id) });`,
      },
      "MODELS_INVALID",
      /^models\/a\.ts: .*"hidden"/,
    ],
    [
      "two tables of one name",
      {
        "a.ts": CORE + table("users"),
        "b.ts": `${CORE}export const other = sqliteTable("Users", { id: integer("id") });`,
      },
      "MODELS_INVALID",
      /models\/b\.ts: .*"Users" is taken: table "users" in models\/a\.ts/,
    ],
    [
      "a circle at load time",
      {
        "a.ts": `${CORE}import { b } from "./b.ts"; export const a = sqliteTable("a", { id: integer("id"), b: integer("b").references(b.id as never) });`,
        "b.ts": `${CORE}import { a } from "./a.ts"; export const b = sqliteTable("b", { id: integer("id"), a: integer("a").references(a.id as never) });`,
      },
      "MODELS_INVALID",
      /models\/[ab]\.ts:/,
    ],
    [
      "a name of the engine",
      { "a.ts": `${CORE}export const a = sqliteTable("sqlite_x", { id: integer("id") });` },
      "MODELS_INVALID",
      /models\/a\.ts: .*sqlite_/,
    ],
    [
      "a name with a lone surrogate",
      { "a.ts": `${CORE}export const a = sqliteTable("x\\ud800", { id: integer("id") });` },
      "MODELS_INVALID",
      /models\/a\.ts: .*surrogate/,
    ],
  ])("%s", async (_, ...[models, code, message]) => {
    const error = await failureOf(models);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(error.hint ?? "").not.toBe("");
  });
});
