import { existsSync, readdirSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { blueprintFromModels } from "../../src/actions/blueprint.ts";
import { readConfig } from "../../src/project/config.ts";
import { createProject } from "../support/project.ts";

const SHARED = `import { text } from "drizzle-orm/sqlite-core";\nexport const title = () => text("title").notNull();\n`;
const TASKS = `import { integer, sqliteTable } from "drizzle-orm/sqlite-core";
import { title } from "../shared/columns";
export const tasks = sqliteTable("tasks", { id: integer("id").primaryKey(), title: title() });
`;

/** A project with its own `node_modules`, so that its cache is its own. */
async function projectWith(
  models: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
) {
  const project = await createProject({ models, files: { "shared/columns.ts": SHARED, ...files } });
  const folder = project.path("node_modules", ".cache", "clean-slate");
  const cached = () => (existsSync(folder) ? readdirSync(folder) : []);
  const fingerprint = async (flags = {}) =>
    (await blueprintFromModels(readConfig(project.dir, flags), new Date())).fingerprint;
  return { project, cached, fingerprint, [Symbol.asyncDispose]: () => project[Symbol.asyncDispose]() };
}

describe("the model cache", () => {
  test("answers as the models do when nothing has changed", async () => {
    await using world = await projectWith({ "tasks.ts": TASKS });
    const first = await world.fingerprint();
    expect(world.cached()).toHaveLength(1);
    expect(await world.fingerprint()).toBe(first);
  });

  test("is not asked when a file that a model imports has changed", async () => {
    await using world = await projectWith({ "tasks.ts": TASKS });
    const first = await world.fingerprint();
    await world.project.write("shared/columns.ts", SHARED.replace(".notNull()", ""));
    expect(await world.fingerprint()).not.toBe(first);
  });

  test.each([
    ["a model file is added", "models/more.ts", TASKS.replaceAll("tasks", "notes")],
    ["an SQL file is added", "models/more.sql", `CREATE INDEX "by_title" ON "tasks" ("title");`],
    ["an import finds another file first", "shared/columns.tsx", SHARED.replace('"title"', '"other"')],
  ])("is not asked when %s", async (_case, file, text) => {
    await using world = await projectWith({ "tasks.ts": TASKS });
    const first = await world.fingerprint();
    if (file.endsWith(".tsx")) rmSync(world.project.path("shared/columns.ts"));
    await world.project.write(file, text);
    expect(await world.fingerprint()).not.toBe(first);
  });

  test.each(["null", "{}", '{"folders":{}', '{"folders":{},"files":{}}'])(
    "is done without when it holds %s",
    async (text) => {
      await using world = await projectWith({ "tasks.ts": TASKS });
      const first = await world.fingerprint();
      await world.project.write(`node_modules/.cache/clean-slate/${world.cached()[0]}`, text);
      expect(await world.fingerprint()).toBe(first);
    },
  );

  test("keeps a casing apart from another", async () => {
    const models = {
      "a.ts": TASKS.replace(`title: title()`, `fullTitle: title()`).replace("title()", "title()"),
    };
    await using world = await projectWith({
      ...models,
      "b.ts": `import { sqliteTable, text } from "drizzle-orm/sqlite-core";\nexport const b = sqliteTable("b", { fullName: text() });\n`,
    });
    expect(await world.fingerprint({ casing: "snake_case" })).not.toBe(await world.fingerprint());
  });

  test.each([
    ["the clock", `text("title").default(String(Date.now()))`],
    ["chance", `text("title").default(String(Math.random()))`],
    ["the environment", `text(process.env.TITLE_COLUMN ?? "title")`],
    ["the process through globalThis", `text(globalThis.process.title)`],
    ["the process through global", `text(global.process.title)`],
    ["the place of the computer", `text(Intl.DateTimeFormat().resolvedOptions().timeZone)`],
  ])("keeps nothing of models that ask %s", async (_case, column) => {
    const source = TASKS.replace("title: title()", `title: ${column}`).replace(
      `import { integer,`,
      `import { text, integer,`,
    );
    await using world = await projectWith({ "tasks.ts": source });
    await world.fingerprint();
    expect(world.cached()).toEqual([]);
  });

  test("keeps models that only hand such a question over", async () => {
    const source = TASKS.replace(
      "title: title()",
      `title: title().$defaultFn(() => crypto.randomUUID() + new Date())`,
    );
    await using world = await projectWith({ "tasks.ts": source });
    await world.fingerprint();
    expect(world.cached()).toHaveLength(1);
  });

  test.each([
    ["the models folder leads elsewhere", "models"],
    ["a folder that is imported from leads elsewhere", "shared"],
    ["a model file leads elsewhere", "models/tasks.ts"],
  ])("is not asked when the link that is %s", async (_case, link) => {
    const other = { "1/tasks.ts": TASKS, "2/tasks.ts": TASKS.replace("../shared/columns", "../1/columns") };
    const columns = { "1/columns.ts": SHARED.replace(".notNull()", ""), "2/columns.ts": SHARED };
    await using world = await projectWith({ "tasks.ts": TASKS }, { ...other, ...columns });
    const at = (...parts: string[]) => world.project.path(...parts);
    const leadTo = (folder: string) => {
      rmSync(at(link), { recursive: true });
      symlinkSync(link.endsWith(".ts") ? at(folder, "tasks.ts") : at(folder), at(link));
    };
    leadTo("1");
    const first = await world.fingerprint();
    expect(world.cached()).toHaveLength(1);
    leadTo("2");
    expect(await world.fingerprint()).not.toBe(first);
  });

  test.each([
    [
      "beside an imported file",
      "shared/tsconfig.json",
      `{ "compilerOptions": { "paths": { "@own/*": ["./own/*"] } } }`,
    ],
    [
      "in a package that is extended",
      "node_modules/base/tsconfig.json",
      `{ "compilerOptions": { "paths": { "@own/*": ["../../shared/own/*"] } } }`,
    ],
  ])("is not asked when an alias %s has changed", async (_case, file, text) => {
    const files = {
      "shared/tsconfig.json": `{ "extends": "base/tsconfig.json" }`,
      "shared/columns.ts": `export * from "@own/columns";`,
      "shared/own/columns.ts": SHARED,
      "shared/new/columns.ts": SHARED.replace(".notNull()", ""),
      [file]: text,
    };
    await using world = await projectWith({ "tasks.ts": TASKS }, files);
    const first = await world.fingerprint();
    expect(world.cached()).toHaveLength(1);
    await world.project.write(file, text.replace('own/*"]', 'new/*"]'));
    expect(await world.fingerprint()).not.toBe(first);
  });

  test("is not asked when a file takes the place of an imported folder", async () => {
    const files = { "shared/columns/index.ts": SHARED };
    await using world = await projectWith({ "tasks.ts": TASKS }, files);
    rmSync(world.project.path("shared/columns.ts"));
    const first = await world.fingerprint();
    await world.project.write("shared/columns.ts", SHARED.replace(".notNull()", ""));
    expect(await world.fingerprint()).not.toBe(first);
  });

  test("is not asked when a default may be read in another time zone", async () => {
    const source = TASKS.replace("title: title()", `title: title().default(new Date(0).toString())`);
    await using world = await projectWith({ "tasks.ts": source });
    await world.fingerprint();
    vi.stubEnv("TZ", "Asia/Tokyo");
    await world.fingerprint();
    vi.unstubAllEnvs();
    expect(world.cached()).toHaveLength(2);
  });

  test("keeps nothing of a file that was saved while it was being read", async () => {
    await using world = await projectWith({ "tasks.ts": TASKS });
    const inAMinute = new Date(Date.now() + 60_000);
    utimesSync(world.project.path("models/tasks.ts"), inAMinute, inAMinute);
    await world.fingerprint();
    expect(world.cached()).toEqual([]);
  });
});
