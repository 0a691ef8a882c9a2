import { existsSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { describe, expect, test } from "vitest";
import { repoPath } from "../support/paths.ts";
import { createProject, type Project } from "../support/project.ts";
import { runCli } from "../support/run-cli.ts";

const VITEST = repoPath("node_modules", "vitest", "vitest.mjs");
const from = (path: string): string => JSON.stringify(repoPath(path));

const FILES = {
  "vitest.config.mjs": `export default { test: { include: ["*.test.ts"], globalSetup: ["setup.ts"] } };`,
  "setup.ts": `import { databaseSetup } from ${from("src/testing/global-setup.ts")};
    import { users } from ${from("test/support/shop.ts")};
    export default databaseSetup({
      schema: await import(${from("test/support/shop.ts")}),
      driver: "better-sqlite3",
      seed: (db) => db.insert(users).values({ email: "seeded " + process.pid }).run(),
    });`,
  "database.ts": `import { appendFileSync } from "node:fs";
    import { databaseTest } from ${from("src/testing/vitest.ts")};
    import * as schema from ${from("test/support/shop.ts")};
    export { schema };
    export const test = databaseTest({ schema });
    export const seededTest = databaseTest({ schema, driver: "better-sqlite3", template: "provided" });
    appendFileSync("pids", process.pid + "\\n");`,
  "many.test.ts": `import { beforeEach, describe, expect } from "vitest";
    import { schema, seededTest, test } from "./database.ts";
    describe("concurrent", () => {
      beforeEach(async ({ db }) => void (await db.insert(schema.users).values({ email: "before" })));
      for (let index = 0; index < 20; index++) test.concurrent("rows of test " + index, async ({ db }) => {
        await db.insert(schema.users).values({ email: "test " + index });
        expect((await db.select().from(schema.users)).map(({ email }) => email)).toEqual(["before", "test " + index]);
      });
    });
    seededTest("a provided template, seeded once", ({ db }) => {
      expect(db.select().from(schema.users).all()).toEqual([{ id: 1, email: expect.stringMatching(/^seeded/), age: null }]);
    });`,
  "others.test.ts": `import { expect } from "vitest";
    import { test } from "./database.ts";
    test("without a database", ({ task }) => expect(task.name).toBeTruthy());
    test("snapshots", async ({ client, testDatabase }) => {
      const empty = await testDatabase.snapshot();
      await client.execute("INSERT INTO users (email) VALUES ('a')");
      await testDatabase.reset(empty);
      expect((await client.execute("SELECT * FROM users")).rows).toEqual([]);
    });
    test("at the second try", { retry: 1 }, ({ db, task }) => expect(task.result.retryCount).toBe(1));
    test.fails("as expected", ({ db }) => expect(db).toBeNull());
    test("fails", async ({ client }) => {
      await client.execute("INSERT INTO users (email) VALUES ('evidence')");
      expect(1).toBe(2);
    });`,
};

interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly title: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

async function runVitest(project: Project, ...args: string[]): Promise<Report> {
  const program = [process.execPath, VITEST, "run", "--reporter=json", ...args] as [string, ...string[]];
  const { stdout, stderr } = await runCli([], { cwd: project.dir, program });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Report;
}

async function foldersLeft(project: Project): Promise<string[]> {
  const pids = (await project.read("pids")).trim().split("\n");
  return ["/dev/shm", tmpdir()]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder))
    .filter((name) => pids.some((pid) => name.startsWith(`clean-slate-test-${pid}-`)));
}

describe("the database fixtures of Vitest", () => {
  test.each([
    ["in processes of their own", []],
    ["in threads without isolation", ["--pool=threads", "--no-isolate"]],
  ])("give each test its own rows, keep a failed one's and leave no other %s", async (_, args) => {
    await using project = await createProject({ files: FILES });
    const { numPassedTests, testResults } = await runVitest(project, ...args);
    const results = testResults.flatMap(({ assertionResults }) => assertionResults);
    const failed = results.filter(({ status }) => status !== "passed");
    expect(failed.map(({ title }) => title)).toEqual(["fails"]);
    expect(numPassedTests).toBe(25);

    const message = failed[0]?.failureMessages.join("\n") ?? "";
    const [, path = ""] = /The database of this test is kept: (\S+)/.exec(message) ?? [];
    const { default: Database } = await import("better-sqlite3");
    const kept = new Database(path);
    expect(kept.prepare("SELECT email FROM users").pluck().all()).toEqual(["evidence"]);
    kept.close();
    expect(readdirSync(project.path("node_modules/.cache/clean-slate/kept"))).toHaveLength(1);
    expect(await foldersLeft(project)).toEqual([]);
    await rm(path);
  });
});
