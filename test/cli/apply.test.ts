import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { expect, test } from "vitest";
import { createProject } from "../support/project.ts";
import { runCli } from "../support/run-cli.ts";

const USERS = (columns: string) => `import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
export const users = sqliteTable("users", { id: integer("id").primaryKey(), ${columns} });
`;

test("a reviewed file is applied as it stands, and it is said that it is not what the models make", async () => {
  await using project = await createProject({ models: { "users.ts": USERS(`name: text("name")`) } });
  const cli = (...args: string[]) => runCli(args, { cwd: project.dir });
  expect((await cli("generate-migration")).code).toBe(0);
  const file = `migrations/sql/${readdirSync(project.path("migrations/sql"))[0]}`;
  const same = await cli("apply-migration", "--yes", "--file", file);
  expect(same.stdout).toContain(`proven equal to ${file}`);
  expect(same.stderr).not.toContain("makes another schema");

  await project.write("models/users.ts", USERS(`name: text("name"), nickname: text("nickname")`));
  const older = await cli("apply-migration", "--yes", "--file", file);
  expect(older).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("makes another schema than the models"),
  });
  expect(older.stdout).toContain(`proven equal to ${file}`);
  expect(older.stdout).not.toContain("the models");
  expect((await cli("check")).code).toBe(2);
});

test("a second protect without a reason leaves the first as it is", async () => {
  await using project = await createProject({ models: { "users.ts": USERS(`name: text("name")`) } });
  const cli = (...args: string[]) => runCli(args, { cwd: project.dir });
  await cli("apply-migration", "--yes");
  const first = JSON.parse((await cli("protect", "--reason", "demo", "--json")).stdout);
  const second = JSON.parse((await cli("protect", "--json")).stdout);
  expect(second).toMatchObject({ kind: "unchanged", protection: first.protection });
});

test("a folder where the lock has to be is said in one sentence, and nothing is changed", async () => {
  await using project = await createProject({ models: { "users.ts": USERS(`name: text("name")`) } });
  mkdirSync(project.path("local.db.clean-slate-lock"));
  const { code, stderr } = await runCli(["apply-migration", "--yes"], { cwd: project.dir });
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^error: cannot read the lock ".*local\.db\.clean-slate-lock" \(EISDIR\); nothing was changed\nnext: /m,
  );
  expect(stderr).not.toContain("internal error");
  expect(readdirSync(project.dir)).not.toContain("local.db");
});

test.skipIf(process.platform === "win32")(
  "a link to nothing where the lock has to be is said, and not waited for without an end",
  async () => {
    await using project = await createProject({ models: { "users.ts": USERS(`name: text("name")`) } });
    symlinkSync(project.path("nowhere"), project.path("local.db.clean-slate-lock"));
    const { code, stderr } = await runCli(["apply-migration", "--yes"], {
      cwd: project.dir,
      timeoutMs: 20_000,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: the lock ".*-lock" is there and cannot be read, .* nothing was changed\nnext: move it away/m,
    );
    expect(readdirSync(project.dir)).not.toContain("local.db");
  },
);
