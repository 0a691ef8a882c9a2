import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { Deps } from "../../src/actions/deps.ts";
import { generateMigration, type GenerateOptions } from "../../src/actions/generate-migration.ts";
import { createProject, type Project } from "../support/project.ts";
import { createDeps } from "../support/rebuild-target.ts";

const CORE = `import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";\n`;
const model = (columns: string) =>
  `${CORE}export const users = sqliteTable("users", { id: integer("id").primaryKey()${columns} });`;

const NOON = Date.UTC(2026, 0, 2, 12, 0, 0);

const generate = (project: Project, options: GenerateOptions & { at?: number } = {}) => {
  const { at = NOON, ...rest } = options;
  const deps: Deps = { ...createDeps(project), now: () => new Date(at) };
  return generateMigration(deps, rest);
};

const filesOf = async (project: Project): Promise<string[]> =>
  (await readdir(project.path("migrations/sql")).catch((): string[] => [])).toSorted();

describe("generate-migration", () => {
  test("writes a file named by its time and words, with a header, and nothing else", async () => {
    await using project = await createProject({ models: { "a.ts": model("") } });
    const { file, text } = await generate(project, { name: "Add users, Ünïcode & so on" });
    expect(file).toBe("20260102120000_add_users_u_ni_code_so_on.sql");
    expect(await filesOf(project)).toEqual([file]);
    expect(await project.read(`migrations/sql/${file}`)).toBe(text);
    expect(text).toMatch(
      /^-- Clean Slate migration\n-- version: +\d[^]*-- created: +2026-01-02T12:00:00\.000Z\n-- fingerprint: [0-9a-f]{16}\n-- creates: +1 table\n/,
    );
  });

  test("is not stopped by a folder, a dead link or bytes that are no text where migrations lie", async () => {
    await using project = await createProject({ models: { "a.ts": model("") } });
    await mkdir(project.path("migrations/sql/29990101000000_folder.sql"), { recursive: true });
    expect(await generate(project)).toMatchObject({ kind: "written", file: "20260102120000_schema.sql" });
    await symlink("nowhere", project.path("migrations/sql/20260102120001_dead.sql"));
    const unreadable = await generate(project);
    expect(unreadable).toMatchObject({ kind: "written", warnings: [expect.stringContaining("ENOENT")] });
    await writeFile(project.path(`migrations/sql/${unreadable.file}`), Buffer.from([0xff, 0xfe, 0x2d, 0]));
    expect((await generate(project)).warnings).toEqual([expect.stringContaining("UTF-8")]);
  });

  test("refuses to write a file that would not sort last", async () => {
    await using project = await createProject({
      models: { "a.ts": model("") },
      files: { "migrations/sql/99991231235959_x.sql": "-- not ours" },
    });
    await expect(generate(project)).rejects.toMatchObject({
      code: "WRITE_FAILED",
      message: expect.stringContaining("99991231235959_x.sql"),
    });
    expect(await filesOf(project)).toEqual(["99991231235959_x.sql"]);
  });

  test("is unchanged when an editor has put a byte order mark before the newest file", async () => {
    await using project = await createProject({ models: { "a.ts": model("") } });
    const { file, text } = await generate(project);
    await project.write(`migrations/sql/${file}`, `\uFEFF${text.replaceAll("\n", "\r\n")}`);
    expect(await generate(project)).toMatchObject({ kind: "unchanged", file });
  });

  test.each([
    ["swallows the next column", "integer -- how many", /loses the column, "b"/],
    ["adds a column", "integer, c text", /gets a column no model has, "c"/],
  ])("refuses a custom type that %s", async (_, type, message) => {
    const column = `customType({ dataType: () => ${JSON.stringify(type)} })()`;
    const source = `import { customType, integer, sqliteTable } from "drizzle-orm/sqlite-core";
      export const t = sqliteTable("t", { a: ${column}, b: integer() });`;
    await using project = await createProject({ models: { "a.ts": source } });
    await expect(generate(project)).rejects.toMatchObject({
      code: "MODELS_INVALID",
      message: expect.stringMatching(message),
    });
  });

  test("writes nothing when the newest file makes this schema, unless forced", async () => {
    await using project = await createProject({ models: { "a.ts": model("") } });
    const first = await generate(project);
    expect(await generate(project, { at: NOON + 60_000 })).toMatchObject({
      kind: "unchanged",
      file: first.file,
    });
    expect(await generate(project, { at: NOON + 60_000, force: true })).toMatchObject({
      kind: "written",
      file: "20260102120100_schema.sql",
    });
    expect(await filesOf(project)).toHaveLength(2);
  });

  test("is unchanged too when the newest file says the same in other words", async () => {
    await using project = await createProject({ models: { "a.ts": model("") } });
    const { file, text } = await generate(project);
    await project.write(
      `migrations/sql/${file}`,
      text
        .replace(/CREATE TABLE[^]*/, "create table Users(ID integer primary key);\n-- reviewed\n")
        .replace("Users(ID", "users(id"),
    );
    expect(await generate(project, { at: NOON + 1000 })).toMatchObject({ kind: "unchanged" });
  });

  test("is not unchanged when a statement was put before the others of the newest file", async () => {
    await using project = await createProject({ models: { "a.ts": model("") } });
    const { file, text } = await generate(project);
    const edited = text.replace("\n\n", "\n\nCREATE TABLE extra (id INTEGER);\n\n");
    await project.write(`migrations/sql/${file}`, edited);
    expect(await generate(project, { at: NOON + 1000 })).toMatchObject({ kind: "written" });
  });

  test("makes names that sort in order within one second, and when the clock goes back", async () => {
    await using project = await createProject({ models: { "a.ts": model("") } });
    const force = true;
    const files = [
      await generate(project, { force }),
      await generate(project, { force }),
      await generate(project, { force, name: "aaa" }),
      await generate(project, { force, at: NOON - 3_600_000 }),
    ].map(({ file }) => file);
    expect(await filesOf(project)).toEqual(files);
  });

  test("makes times that are times: after 23:59:59 comes the next day", async () => {
    await using project = await createProject({ models: { "a.ts": model("") } });
    const at = Date.UTC(2026, 11, 31, 23, 59, 59);
    await generate(project, { at });
    expect((await generate(project, { at, force: true })).file).toBe("20270101000000_schema.sql");
  });

  test("gives every one of many at once a name of its own", async () => {
    await using project = await createProject({ models: { "a.ts": model("") } });
    const results = await Promise.all(Array.from({ length: 6 }, () => generate(project, { force: true })));
    expect(new Set(results.map(({ file }) => file)).size).toBe(6);
    expect(await filesOf(project)).toHaveLength(6);
  });

  test("says what changed since the newest file", async () => {
    await using project = await createProject({
      models: {
        "a.ts": model(`, name: text("name")`),
        "b.ts": `${CORE}export const old = sqliteTable("old", { id: integer("id") });`,
      },
    });
    expect((await generate(project)).changes).toBeNull();
    await project.write("models/a.ts", model(`, name: text("name").notNull(), email: text("email")`));
    await project.write(
      "models/b.ts",
      `${CORE}export const fresh = sqliteTable("fresh", { id: integer("id") }, (t) => [index("fresh_id").on(t.id)]);`,
    );
    const { changes, kind } = await generate(project, { at: NOON + 1000 });
    expect(kind).toBe("written");
    for (const word of [/fresh/, /old/, /email/, /name/]) expect(changes?.join("\n")).toMatch(word);
  });

  test("prints instead of writing when asked to, and makes no folder", async () => {
    await using project = await createProject({ models: { "a.ts": model("") } });
    const { kind, file, text } = await generate(project, { dryRun: true });
    expect({ kind, file, files: await filesOf(project) }).toEqual({
      kind: "rendered",
      file: null,
      files: [],
    });
    expect(text).toContain(`CREATE TABLE "users"`);
  });

  test("goes on when the newest file is no longer one of ours, and says so", async () => {
    await using project = await createProject({
      models: { "a.ts": model("") },
      files: { "migrations/sql/20250101000000_x.sql": "DROP TABLE users;" },
    });
    expect(await generate(project)).toMatchObject({
      kind: "written",
      changes: null,
      warnings: [expect.stringContaining("20250101000000_x.sql")],
    });
  });

  test("writes the same bytes for the same models", async () => {
    await using project = await createProject({ models: { "a.ts": model("") } });
    const [first, second] = [
      await generate(project, { dryRun: true }),
      await generate(project, { dryRun: true }),
    ];
    expect(second.text).toBe(first.text);
  });

  test.each(["", "///", "..", "x".repeat(81), "日本"])(
    "refuses a name that makes no file name: %j",
    async (name) => {
      await using project = await createProject({ models: { "a.ts": model("") } });
      await expect(generate(project, { name })).rejects.toMatchObject({ code: "USAGE" });
      expect(await filesOf(project)).toEqual([]);
    },
  );

  test("says where it cannot write", async () => {
    await using project = await createProject({
      models: { "a.ts": model("") },
      files: { migrations: "a file, no folder" },
    });
    await expect(generate(project)).rejects.toMatchObject({
      code: "WRITE_FAILED",
      message: expect.stringContaining("migrations/sql"),
    });
  });

  test("refuses SQL that does not work, naming the table, and writes nothing", async () => {
    await using project = await createProject({
      models: {
        "a.ts": `import { sql } from "drizzle-orm"; ${CORE}export const users = sqliteTable("users", { id: integer("id").default(sql\`(no such function(1))\`) });`,
      },
    });
    await expect(generate(project)).rejects.toMatchObject({
      code: "SQL_INVALID",
      message: expect.stringMatching(/table "users"[^]*CREATE TABLE/),
    });
    expect(await filesOf(project)).toEqual([]);
  });
});
