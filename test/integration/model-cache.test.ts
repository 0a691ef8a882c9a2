import { existsSync, readdirSync, rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { blueprintFromModels } from "../../src/actions/blueprint.ts";
import { readConfig } from "../../src/project/config.ts";
import { createProject } from "../support/project.ts";

const SHARED = `import { text } from "drizzle-orm/sqlite-core";\nexport const title = () => text("title").notNull();\n`;
const TASKS = `import { integer, sqliteTable } from "drizzle-orm/sqlite-core";
import { title } from "../shared/columns";
export const tasks = sqliteTable("tasks", { id: integer("id").primaryKey(), title: title() });
`;

/** A project with its own `node_modules`, so that its cache is its own. */
async function projectWith(models: Readonly<Record<string, string>>) {
  const project = await createProject({ models, files: { "shared/columns.ts": SHARED } });
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
});
