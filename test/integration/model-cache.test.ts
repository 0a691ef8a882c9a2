import { createClient } from "@libsql/client/sqlite3";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { blueprintFromMigration } from "../../src/actions/blueprint-from-migration.ts";
import { answerFromModels, blueprintFromModels } from "../../src/actions/blueprint.ts";
import { dbInfo } from "../../src/actions/db-info.ts";
import type { Deps } from "../../src/actions/deps.ts";
import { generateMigration } from "../../src/actions/generate-migration.ts";
import { readConfig } from "../../src/project/config.ts";
import { readMigration } from "../../src/project/migrations.ts";
import { fingerprintFrom } from "../../src/schema/fingerprint.ts";
import { repoPath } from "../support/paths.ts";
import { createProject, type Project } from "../support/project.ts";
import { createDeps, runScript } from "../support/rebuild-target.ts";

const SHARED = `import { text } from "drizzle-orm/sqlite-core";\nexport const title = () => text("title").notNull();\n`;
const TASKS = `import { integer, sqliteTable } from "drizzle-orm/sqlite-core";
import { title } from "../shared/columns";
export const tasks = sqliteTable("tasks", { id: integer("id").primaryKey(), title: title() });
`;

/** What was saved less than that before a run is not kept. Milliseconds. */
const CLOCK_STEP = 15;

/** A project with its own `node_modules`, so that its cache is its own. */
async function projectWith(
  models: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
) {
  const project = await createProject({ models, files: { "shared/columns.ts": SHARED, ...files } });
  const folder = project.path("node_modules", ".cache", "clean-slate");
  const kept = (kind: "models" | "proof") =>
    existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(kind)) : [];
  const cached = () => kept("models");
  const proofs = () => kept("proof");
  const fingerprint = async (flags = {}) => {
    await setTimeout(CLOCK_STEP);
    return (await blueprintFromModels(readConfig(project.dir, flags), new Date())).fingerprint;
  };
  const generated = async () => {
    await setTimeout(CLOCK_STEP);
    const deps = createDeps(project);
    const { file } = await generateMigration(deps, {});
    return { deps, file: readMigration(project.path("migrations/sql", file ?? ""), file ?? "") };
  };
  return {
    project,
    cached,
    proofs,
    fingerprint,
    generated,
    [Symbol.asyncDispose]: () => project[Symbol.asyncDispose](),
  };
}

describe("the model cache", () => {
  test("answers as the models do when nothing has changed", async () => {
    await using world = await projectWith({ "tasks.ts": TASKS });
    const first = await world.fingerprint();
    expect(world.cached()).toHaveLength(1);
    expect(await world.fingerprint()).toBe(first);
  });

  test.each([0, 300_000])(
    "is not asked when a file that a model imports has changed after %d characters",
    async (length) => {
      const shared = `/* ${" ".repeat(length)} */\n${SHARED}`;
      await using world = await projectWith({ "tasks.ts": TASKS }, { "shared/columns.ts": shared });
      const first = await world.fingerprint();
      expect(world.cached()).toHaveLength(1);
      await world.project.write("shared/columns.ts", shared.replace(".notNull()", ""));
      expect(await world.fingerprint()).not.toBe(first);
    },
  );

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

  test.each(["null", "{}", '{"name":', '{"document":{"folders":{},"files":{}}}'])(
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

  test("is not asked when what a commented configuration extends has changed", async () => {
    const base = `{ "compilerOptions": { "paths": { "@own/*": ["./own/*"] } } }`;
    const files = {
      "shared/tsconfig.json": `{ // "extends": "./other.json"\n "extends": /* "all" */ "./base.json" }`,
      "shared/base.json": base,
      "shared/columns.ts": `export * from "@own/columns";`,
      "shared/own/columns.ts": SHARED,
      "shared/new/columns.ts": SHARED.replace(".notNull()", ""),
    };
    await using world = await projectWith({ "tasks.ts": TASKS }, files);
    const first = await world.fingerprint();
    expect(world.cached()).toHaveLength(1);
    await world.project.write("shared/base.json", base.replace('own/*"]', 'new/*"]'));
    expect(await world.fingerprint()).not.toBe(first);
  });

  const DEFINED = `class Base { set x(value) { seen.push(value); } }\nconst seen = [];\nclass Own extends Base { x = 1; }\nnew Own();
${TASKS.replace('("tasks"', '("tasks" + seen.length')}`;
  const fields = (isDefined: boolean) =>
    JSON.stringify({ compilerOptions: { useDefineForClassFields: isDefined } });

  test.each<[string, Readonly<Record<string, string>>, string]>([
    ["jsconfig.json", {}, "jsconfig.json"],
    [
      "a base in a package",
      { "tsconfig.json": `{ "extends": "@own/base/b.json", }` },
      "node_modules/@own/base/b.json",
    ],
    [
      "a base without its ending",
      { "tsconfig.json": `{ "extends": ["@own/base/b"] }` },
      "node_modules/@own/base/b.json",
    ],
    [
      "the only base of a package",
      { "tsconfig.json": `{ "extends": "@own/base" }` },
      "node_modules/@own/base/tsconfig.json",
    ],
    ["a base with an escaped slash", { "tsconfig.json": `{ "extends": ".\\/base.json" }` }, "base.json"],
    [
      "a base beside an alias of that name",
      {
        "tsconfig.json": `{ "compilerOptions": { "paths": { "extends": ["./none"] } }, "extends": "./base" }`,
      },
      "base.json",
    ],
  ])("keeps what depends on %s until that changes", async (_case, files, base) => {
    await using world = await projectWith({ "tasks.ts": DEFINED }, { ...files, [base]: fields(true) });
    const first = await world.fingerprint();
    expect(world.cached()).toHaveLength(1);
    expect(await world.fingerprint()).toBe(first);
    await world.project.write(base, fields(false));
    expect(await world.fingerprint()).not.toBe(first);
  });

  test("is not asked when a base that was not installed is", async () => {
    const files = { "tsconfig.json": `{ "extends": "@own/base/b.json" }` };
    await using world = await projectWith({ "tasks.ts": DEFINED }, files);
    const first = await world.fingerprint();
    await world.project.write("node_modules/@own/base/b.json", fields(false));
    expect(await world.fingerprint()).not.toBe(first);
  });

  test("is not asked when the base of a base has changed that a linked package has beside it", async () => {
    const base = (isDefined: boolean) => ({ "pk/common/c.json": fields(isDefined) });
    const files = {
      "tsconfig.json": `{ "extends": "@own/ts/base.json" }`,
      "pk/ts/base.json": `{ "extends": "../common/c.json" }`,
    };
    await using world = await projectWith({ "tasks.ts": DEFINED }, { ...files, ...base(true) });
    await world.project.write("node_modules/@own/readme", "");
    symlinkSync(world.project.path("pk/ts"), world.project.path("node_modules/@own/ts"));
    const first = await world.fingerprint();
    await world.project.write("pk/common/c.json", base(false)["pk/common/c.json"]);
    expect(await world.fingerprint()).not.toBe(first);
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    [
      "a package says which of its files is extended",
      {
        "tsconfig.json": `{ "extends": "@own/base/b" }`,
        "node_modules/@own/base/package.json": `{ "exports": { "./b": "./c.json" } }`,
        "node_modules/@own/base/c.json": "{}",
      },
    ],
    [
      "an alias with several targets stands behind one with a brace",
      { "tsconfig.json": `{ "compilerOptions": { "paths": { "@{}/y": ["./y"], "@/x": ["./a", "./b"] } } }` },
    ],
    ["esbuild reads a configuration that is no JSON", { "tsconfig.json": `{ "x": 0x1 }` }],
  ])("keeps nothing where %s", async (_case, files) => {
    await using world = await projectWith({ "tasks.ts": TASKS }, files);
    await world.fingerprint();
    expect(world.cached()).toEqual([]);
  });

  const ALIASED = TASKS.replace("../shared/columns", "@own/columns");
  const aliasOf = (...targets: string[]) =>
    JSON.stringify({ compilerOptions: { paths: { "@own/*": targets } } });

  test("keeps nothing where an alias has several targets, of which an earlier one may appear", async () => {
    const files = { "tsconfig.json": aliasOf("./src/own/*", "./shared/*") };
    await using world = await projectWith({ "tasks.ts": ALIASED }, files);
    const first = await world.fingerprint();
    await world.project.write("src/own/columns.ts", SHARED.replace(".notNull()", ""));
    expect(await world.fingerprint()).not.toBe(first);
  });

  test("is not asked when a file takes the place of a folder that an alias leads to", async () => {
    const files = { "tsconfig.json": aliasOf("./src/*"), "src/columns/index.ts": SHARED };
    await using world = await projectWith({ "tasks.ts": ALIASED }, files);
    const first = await world.fingerprint();
    expect(world.cached()).toHaveLength(1);
    await world.project.write("src/columns.ts", SHARED.replace(".notNull()", ""));
    expect(await world.fingerprint()).not.toBe(first);
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ["of tsconfig.json", { "tsconfig.json": aliasOf("./linked/own/*") }],
    [
      "with a base URL",
      { "tsconfig.json": aliasOf("own/*").replace(`"paths"`, `"baseUrl": "linked", "paths"`) },
    ],
    [
      "of package.json",
      { "package.json": `{ "imports": { "#own/*": { "default": "./linked/own/*.ts" } } }` },
    ],
  ])("is not asked when a link in an alias %s is led elsewhere", async (_case, config) => {
    const other = SHARED.replace(".notNull()", "");
    const files = { ...config, "one/own/columns.ts": SHARED, "two/own/columns.ts": other };
    const alias = "package.json" in config ? "#own/columns" : "@own/columns";
    await using world = await projectWith({ "tasks.ts": TASKS.replace("../shared/columns", alias) }, files);
    const lead = (folder: string) => symlinkSync(world.project.path(folder), world.project.path("linked"));
    lead("one");
    const first = await world.fingerprint();
    expect(world.cached()).toHaveLength(1);
    rmSync(world.project.path("linked"));
    lead("two");
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

  test.each<[string, Readonly<Record<string, string>>]>([
    ["says what its main file is", { "lib/package.json": `{ "main": "../one/x.ts" }`, "one/x.ts": SHARED }],
    ["has no main file yet", { "lib/package.json": `{ "main": "dist" }`, "lib/index.ts": SHARED }],
  ])("keeps nothing where a folder that is imported %s", async (_case, files) => {
    await using world = await projectWith(
      { "tasks.ts": TASKS.replace("../shared/columns", "../lib") },
      files,
    );
    await world.fingerprint();
    expect(world.cached()).toEqual([]);
  });

  test("is not asked when a link in a folder that is imported is led elsewhere", async () => {
    const other = SHARED.replace(".notNull()", "");
    const files = { "one/x.ts": SHARED, "two/x.ts": other, "lib/other.ts": "" };
    await using world = await projectWith(
      { "tasks.ts": TASKS.replace("../shared/columns", "../lib") },
      files,
    );
    const path = world.project.path("lib/index.ts");
    symlinkSync(world.project.path("one/x.ts"), path);
    const first = await world.fingerprint();
    expect(world.cached()).toHaveLength(1);
    rmSync(path);
    symlinkSync(world.project.path("two/x.ts"), path);
    expect(await world.fingerprint()).not.toBe(first);
  });

  test("keeps nothing where an alias stands for drizzle-orm as soon as its target is there", async () => {
    const config = JSON.stringify({ compilerOptions: { paths: { "drizzle-orm": ["./own/drizzle"] } } });
    await using world = await projectWith({ "tasks.ts": TASKS }, { "tsconfig.json": config });
    await world.fingerprint();
    expect(world.cached()).toEqual([]);
  });

  test("keeps nothing where a file has appeared while others were read", async () => {
    await using world = await projectWith({ "tasks.ts": TASKS });
    const inAMinute = new Date(Date.now() + 60_000);
    utimesSync(world.project.path("shared"), inAMinute, inAMinute);
    await world.fingerprint();
    expect(world.cached()).toEqual([]);
  });

  test("is not asked when another drizzle-orm is linked to", async () => {
    await using world = await projectWith({ "tasks.ts": TASKS });
    const link = world.project.path("node_modules/drizzle-orm");
    const first = await world.fingerprint();
    rmSync(link, { recursive: true });
    const other = join(repoPath(), "node_modules", "drizzle-orm-rc");
    symlinkSync(other, link);
    await world.fingerprint();
    const [state = ""] = world.cached();
    const text = await readFile(world.project.path("node_modules/.cache/clean-slate", state), "utf8");
    const hash = createHash("sha256").update(await readFile(join(other, "package.json")));
    expect(text).toContain(hash.digest("base64url"));
    expect(await world.fingerprint()).toBe(first);
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

  test.each([
    ["a model", "models/new.ts", TASKS.replaceAll("tasks", "brandnew"), "1 table"],
    ["SQL, which is read last,", "models/deep/new.sql", "CREATE TABLE brandnew (id INTEGER);", "2 tables"],
  ])(
    "keeps nothing when a new file of %s appears while the others are read",
    async (...[, file, text, made]) => {
      await using world = await projectWith({ "tasks.ts": TASKS, "deep/more.ts": "export {};" });
      const config = readConfig(world.project.dir, {});
      const first = await blueprintFromModels(config, new Date(), () => world.project.write(file, text));
      expect(first.creates).toBe(made);
      expect(world.cached()).toEqual([]);
      expect((await blueprintFromModels(config, new Date())).creates).toBe("2 tables");
    },
  );
});

type World = Awaited<ReturnType<typeof projectWith>>;
type KeptUnit = Readonly<Record<"digests" | "columns", unknown>>;

describe("the proof cache", () => {
  const document = async (world: World) => {
    const path = world.project.path("node_modules/.cache/clean-slate", world.proofs()[0] ?? "");
    return JSON.parse(await readFile(path, "utf8")) as { document: Record<string, KeptUnit> };
  };
  /** Changes what is kept of each unit, so that an answer tells whether it was asked. */
  const mark = async (world: World) => {
    const kept = await document(world);
    const marked = Object.entries(kept.document).map(([key, unit]) => [key, { ...unit, digests: ["kept"] }]);
    await world.project.write(
      `node_modules/.cache/clean-slate/${world.proofs()[0]}`,
      JSON.stringify({ ...kept, document: Object.fromEntries(marked) }),
    );
  };
  const KEPT = fingerprintFrom(["kept"]);

  test("is asked when models have changed and their SQL has not", async () => {
    await using world = await projectWith({ "tasks.ts": TASKS });
    await world.fingerprint();
    await mark(world);
    await world.project.write("models/tasks.ts", `${TASKS}// a remark\n`);
    expect(await world.fingerprint()).toBe(KEPT);
  });

  test("is asked for a migration file that says what was proven for the models", async () => {
    await using world = await projectWith({ "tasks.ts": TASKS });
    const { deps, file } = await world.generated();
    await mark(world);
    const blueprint = await blueprintFromMigration(deps.config.root, file);
    expect(blueprint.fingerprint).toBe(KEPT);
  });

  test("is not asked when the SQL has changed", async () => {
    await using world = await projectWith({ "tasks.ts": TASKS });
    await world.project.write("shared/columns.ts", SHARED.replace(".notNull()", ""));
    const other = await world.fingerprint();
    await world.project.write("shared/columns.ts", SHARED);
    rmSync(world.project.path("node_modules/.cache"), { recursive: true });
    await world.fingerprint();
    await mark(world);
    await world.project.write("shared/columns.ts", SHARED.replace(".notNull()", ""));
    expect(await world.fingerprint()).toBe(other);
  });

  /** Two tables, of which the second may reference the first, and what stands in SQL beside them. */
  const pair = async (sql = "") =>
    projectWith({
      "parents.ts": PARENTS,
      "notes.ts": `import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { parents } from "./parents";
export const notes = sqliteTable("notes", { id: integer().primaryKey(), code: text().references(() => parents.code) });
`,
      "plain.ts": `import { integer, sqliteTable } from "drizzle-orm/sqlite-core";
export const plain = sqliteTable("plain", { id: integer().primaryKey() });
`,
      "more.sql": sql,
    });
  const PARENTS = `import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
export const parents = sqliteTable("parents", { id: integer().primaryKey(), code: text().unique() });
`;

  test("is asked for a table that has not changed beside one that has", async () => {
    await using world = await pair();
    await world.fingerprint();
    await mark(world);
    await world.project.write(
      "models/plain.ts",
      `import { integer, sqliteTable } from "drizzle-orm/sqlite-core";
export const plain = sqliteTable("plain", { id: integer().primaryKey(), size: integer() });
`,
    );
    await world.fingerprint();
    const units = Object.values((await document(world)).document);
    const made = units.filter(({ digests }) => JSON.stringify(digests) !== '["kept"]');
    expect(made.map(({ columns }) => columns)).toEqual([{ plain: ["id", "size"] }]);
  });

  test("gives a schema whose tables were proven at different times the fingerprint of one that is proven at once", async () => {
    await using world = await pair("CREATE VIEW seen AS SELECT id FROM notes;");
    await world.fingerprint();
    await world.project.write(
      "models/parents.ts",
      PARENTS.replace("code: text()", "note: text(), code: text()"),
    );
    const parted = await world.fingerprint();
    rmSync(world.project.path("node_modules/.cache"), { recursive: true });
    expect(await world.fingerprint()).toBe(parted);
  });

  test.each([
    [
      "a foreign key to a table that lost its key",
      PARENTS.replace(".unique()", ""),
      "",
      /foreign key mismatch/,
    ],
    [
      "a view of a table that lost its column",
      PARENTS.replace("integer().primaryKey()", "integer()").replace("id:", "number:"),
      "CREATE VIEW seen AS SELECT id FROM parents;",
      /view "seen" .*no such column: id/,
    ],
    [
      "a trigger on a table that lost its column",
      PARENTS.replace("id:", "number:"),
      "CREATE TRIGGER gone AFTER DELETE ON notes BEGIN DELETE FROM parents WHERE id = old.id; END;",
      /trigger "gone" .*no such column: id/,
    ],
  ])("is not asked for %s", async (...[, parents, sql, message]) => {
    await using world = await pair(sql);
    await world.fingerprint();
    await world.project.write("models/parents.ts", parents);
    await expect(world.fingerprint()).rejects.toThrow(message);
  });

  const FTS = "CREATE VIRTUAL TABLE docs USING fts5(t);";
  const DOCS_CHILD = "CREATE TABLE c(id INTEGER PRIMARY KEY, d INTEGER REFERENCES docs_content(id));";
  const VECTORS =
    "CREATE TABLE a(id INTEGER PRIMARY KEY, e F32_BLOB(2)); CREATE INDEX av ON a(libsql_vector_idx(e));";
  const TRIGGERED = `CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(id INTEGER PRIMARY KEY);
    CREATE TRIGGER x BEFORE DELETE ON p BEGIN UPDATE c SET id=id+1; END;`;
  test.each([
    [
      "a table that a trigger reaches by a foreign key",
      TRIGGERED,
      `${TRIGGERED} CREATE TABLE d(c INTEGER AS (1) STORED REFERENCES c ON UPDATE CASCADE, e);`,
    ],
    ["a foreign key to a shadow table that is gone", FTS + DOCS_CHILD, DOCS_CHILD],
    [
      "a table that references a shadow table",
      FTS + DOCS_CHILD,
      FTS + DOCS_CHILD.replace("d INTEGER", "n TEXT, d INTEGER"),
    ],
    [
      "a view of a vector index that is gone",
      `${VECTORS} CREATE VIEW w AS SELECT count(*) AS n FROM av_shadow;`,
      `${VECTORS.replace(/CREATE INDEX.*/, "")} CREATE VIEW w AS SELECT count(*) AS n FROM av_shadow;`,
    ],
    [
      "a view of a vector index",
      `${VECTORS} CREATE VIEW w AS SELECT count(*) AS n FROM av_shadow;`,
      `${VECTORS} CREATE VIEW w AS SELECT count(*) AS m FROM av_shadow;`,
    ],
    [
      "a table of a function's name",
      "CREATE VIEW w AS SELECT value FROM json_each('[1]');",
      "CREATE VIEW w AS SELECT value FROM json_each('[1]'); CREATE TABLE json_each(id INTEGER);",
    ],
    [
      "a foreign key to a view",
      "CREATE VIEW v AS SELECT 1 AS id;",
      "CREATE VIEW v AS SELECT 1 AS id; CREATE TABLE c(id INTEGER REFERENCES v(id));",
    ],
    [
      "an implicit key beside one to a shadow table",
      FTS + TRIGGERED,
      `${FTS + TRIGGERED} CREATE TABLE e(p INTEGER REFERENCES p, d INTEGER REFERENCES docs_content(id));`,
    ],
  ])("ends where a new proof ends: %s", async (...[, before, after]) => {
    await using world = await pair(before);
    const outcome = () => world.fingerprint().catch((error: Error) => error.message);
    expect(await outcome()).toMatch(/^[0-9a-f]{16}$/);
    await world.project.write("models/more.sql", after);
    const changed = await outcome();
    rmSync(world.project.path("node_modules/.cache"), { recursive: true });
    expect(await outcome()).toBe(changed);
  });

  test("does not hide that a table takes the name of another one's shadow table", async () => {
    await using world = await pair("CREATE VIRTUAL TABLE words USING fts5 (body);");
    await world.fingerprint();
    await world.project.write(
      "models/plain.ts",
      `import { integer, sqliteTable } from "drizzle-orm/sqlite-core";
export const plain = sqliteTable("words_data", { id: integer().primaryKey() });
`,
    );
    await expect(world.fingerprint()).rejects.toThrow(/virtual table "words" does not work/);
  });

  test("does not hide that other columns now make the same SQL", async () => {
    const columns = (list: string) =>
      `import { customType, integer, sqliteTable } from "drizzle-orm/sqlite-core";
const two = customType<{ data: string }>({ dataType: () => 'text,\\n  "b" text' });
const one = customType<{ data: string }>({ dataType: () => "text" });
export const t = sqliteTable("t", { ${list} });\n`;
    await using world = await projectWith({ "t.ts": columns(`a: one("a"), b: one("b")`) });
    await world.fingerprint();
    await world.project.write("models/t.ts", columns(`a: two("a")`));
    await expect(world.fingerprint()).rejects.toThrow(/gets a column no model has, "b"/);
    expect(world.proofs()).toHaveLength(1);
  });

  test.each(["null", "{}", '{"name":', '{"document":{"rows":[]}}'])(
    "is done without when it holds %s",
    async (text) => {
      await using world = await projectWith({ "tasks.ts": TASKS });
      const first = await world.fingerprint();
      await world.project.write(`node_modules/.cache/clean-slate/${world.proofs()[0]}`, text);
      expect(await world.fingerprint()).toBe(first);
    },
  );

  test("reads the statements that go with the head it has kept", async () => {
    await using world = await projectWith({ "tasks.ts": TASKS });
    const config = readConfig(world.project.dir, {});
    const made = await blueprintFromModels(config, new Date());
    const { fingerprint, creates, script, statements, rows } = await blueprintFromModels(config, new Date());
    expect({ fingerprint, creates, script, statements, rows }).toEqual({
      fingerprint: made.fingerprint,
      creates: "1 table",
      script: made.script,
      statements: made.statements,
      rows: made.rows,
    });
  });

  test.each([
    ["another one", (text: string) => text.replace("tasks", "tusks")],
    ["cut", () => "{"],
  ])("is done without where the file beside its head is %s", async (_, damage) => {
    await using world = await projectWith({ "tasks.ts": TASKS });
    await world.fingerprint();
    const folder = world.project.path("node_modules/.cache/clean-slate");
    const name = readdirSync(folder).find((file) => file.startsWith("blueprint-")) ?? "";
    await writeFile(join(folder, name), damage(await readFile(join(folder, name), "utf8")));
    const config = readConfig(world.project.dir, {});
    const tables = await answerFromModels(config, new Date(), async (load) => {
      const { statements } = await (await load()).blueprint();
      return statements.map(({ name: table }) => table);
    });
    expect(tables).toEqual(["tasks"]);
    expect((await blueprintFromModels(config, new Date())).statements).toHaveLength(1);
  });

  test.each<[string, (project: Project) => Promise<unknown>]>([
    ["is removed", async ({ path }) => rmSync(path("node_modules/.cache"), { recursive: true })],
    ["is replaced", ({ dir }) => blueprintFromModels(readConfig(dir, {}), new Date())],
  ])(
    "answers about one state of the models where they change and what was kept %s meanwhile",
    async (_, go) => {
      await using world = await projectWith({ "tasks.ts": TASKS });
      await world.fingerprint();
      const asked: string[] = [];
      const answer = await answerFromModels(readConfig(world.project.dir, {}), new Date(), async (load) => {
        const models = await load();
        asked.push(models.fingerprint);
        if (asked.length === 1) {
          await world.project.write("models/tasks.ts", TASKS.replace(`"tasks"`, `"others"`));
          await setTimeout(CLOCK_STEP);
          await go(world.project);
        }
        const { fingerprint, statements } = await models.blueprint();
        return { head: models.fingerprint, fingerprint, tables: statements.map(({ name }) => name) };
      });
      expect(answer).toEqual({ head: asked[1], fingerprint: asked[1], tables: ["others"] });
      expect(asked[1]).not.toBe(asked[0]);
    },
  );

  test.each<[string, (deps: Deps) => Promise<unknown>]>([
    ["generate-migration", (deps) => generateMigration(deps, {})],
    [
      "db-info",
      async (deps) => {
        const { drift, newest, models } = await dbInfo(deps);
        expect(drift).toEqual([]);
        return { newest, models };
      },
    ],
  ])("answers %s by the head alone where the file or the database is as the models say", async (_, run) => {
    await using world = await projectWith({ "tasks.ts": TASKS });
    const { deps, file } = await world.generated();
    const path = world.project.path("local.db");
    await runScript({ open: () => createClient({ url: pathToFileURL(path).href }) }, file.text);
    const folder = world.project.path("node_modules/.cache/clean-slate");
    const before = await run(deps);
    const name = readdirSync(folder).find((found) => found.startsWith("blueprint-")) ?? "";
    rmSync(join(folder, name));
    expect(await run(deps)).toEqual(before);
    expect(readdirSync(folder)).not.toContain(name);
  });

  test("is done without where two files have changed places", async () => {
    await using world = await projectWith({ "tasks.ts": TASKS });
    const first = await world.fingerprint();
    const path = (name = "") => world.project.path("node_modules/.cache/clean-slate", name);
    const [models, proof] = [path(world.cached()[0]), path(world.proofs()[0])];
    const text = await readFile(models);
    await copyFile(proof, models);
    await writeFile(proof, text);
    expect(await world.fingerprint()).toBe(first);
  });

  test("is done without where its folder is a file", async () => {
    await using world = await projectWith({ "tasks.ts": TASKS });
    const first = await world.fingerprint();
    rmSync(world.project.path("node_modules/.cache"), { recursive: true });
    await world.project.write("node_modules/.cache", "");
    expect(await world.fingerprint()).toBe(first);
  });

  test("keeps a bounded number of what is no part of the schema any more, the newest", async () => {
    await using world = await projectWith({ "tasks.ts": TASKS });
    const tables = (version: number) =>
      Array.from(
        { length: 90 },
        (_, i) => `export const t${i} = sqliteTable("v${version}_${i}", { id: integer() });`,
      );
    for (const version of [1, 2, 3, 4, 5]) {
      const source = `import { integer, sqliteTable } from "drizzle-orm/sqlite-core";\n${tables(version).join("\n")}`;
      await world.project.write("models/tasks.ts", source);
      await world.fingerprint();
    }
    const kept = Object.values((await document(world)).document);
    const names = kept.flatMap(({ columns }) => Object.keys(columns as object));
    expect(names).toHaveLength(390);
    expect(names).toContain("v5_89");
    expect(names).toContain("v2_0");
    expect(names).not.toContain("v1_89");
  });
});
