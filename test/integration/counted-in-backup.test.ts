import { readdir, readFile } from "node:fs/promises";
import { describe, expect, test, vi } from "vitest";
import { performRebuild } from "../../src/actions/perform-rebuild.ts";
import { prepareRebuild, type PreparedRebuild } from "../../src/actions/prepare-rebuild.ts";
import { protectDatabase } from "../../src/actions/protect.ts";
import { syncTarget } from "../../src/actions/sync.ts";
import { createTarget, pictureOf, query, runScript, type RebuildTarget } from "../support/rebuild-target.ts";
import { LARGE } from "../support/large-database.ts";
import { resultOf, runCli, startCli } from "../support/run-cli.ts";
import { skipSqld } from "../support/sqld.ts";

const MODELS = {
  "shop.ts": `import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
export const users = sqliteTable("users", { id: integer().primaryKey(), email: text(), createdAt: text("created_at") });
`,
};

const SMALL = `
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, created_at TEXT, note TEXT);
INSERT INTO users VALUES (1, 'a', '2025-01-02 03:04:05', 'n'), (2, 'b', '2024-01-01 00:00:00', NULL);
CREATE TABLE bare (id INTEGER PRIMARY KEY);
CREATE TABLE pairs (a, b, PRIMARY KEY (a, b)) WITHOUT ROWID;
INSERT INTO pairs VALUES (1, 2), (2, 3), (3, 4);
CREATE VIRTUAL TABLE found USING fts5(body);
INSERT INTO found VALUES ('words');
`;

const agreed = (target: RebuildTarget): Promise<PreparedRebuild> =>
  prepareRebuild(target.deps, { isAgreed: true });

const requestsOf = ({ proxy }: RebuildTarget): number => proxy?.counts.requests.length ?? 0;

async function backupFiles({ project }: RebuildTarget): Promise<string[]> {
  const files = await readdir(project.path(".clean-slate", "backups")).catch(() => []);
  return files.filter((file) => file !== ".gitignore");
}

describe.skipIf(skipSqld).each(["replica", "remote"] as const)("where nobody is asked, a %s", (kind) => {
  test.each([
    ["small", SMALL],
    ["large", LARGE],
  ])(
    "is counted in its backup: a %s one loses what the ledger says when it is counted",
    async (_, script) => {
      await using target = await createTarget(kind, { models: MODELS });
      await runScript(target, script);
      const counted = await prepareRebuild(target.deps, {});
      expect(await backupFiles(target)).toEqual([]);
      target.proxy?.resetCounts();
      const prepared = await agreed(target);
      expect(requestsOf(target)).toBe(2);
      expect(prepared.losses).toEqual(counted.losses);
      expect(prepared.empty).toEqual(counted.empty);
      prepared.begun?.discard();
      expect(await backupFiles(target)).toEqual([]);
    },
  );

  test("keeps the backup it was counted in, and asks for nothing twice", async () => {
    await using target = await createTarget(kind, { models: MODELS });
    await runScript(target, SMALL);
    target.proxy?.resetCounts();
    const { backup } = await performRebuild(target.deps, await agreed(target));
    expect(requestsOf(target)).toBe(kind === "remote" ? 3 : 6);
    expect(backup?.backup).toMatchObject({ rows: 6, reason: "before apply-migration", label: null });
    expect(await backupFiles(target)).toHaveLength(2);
  });
});

describe.skipIf(skipSqld)("a backup that was begun", () => {
  test("is taken back when the rebuild cannot be prepared", async () => {
    await using target = await createTarget("remote", { models: MODELS });
    await runScript(target, SMALL);
    const before = await pictureOf(target);
    await target.project.write("models/broken.ts", "throw new Error('no models today');");
    await expect(agreed(target)).rejects.toThrow("no models today");
    await vi.waitFor(async () => expect(await backupFiles(target)).toEqual([]));
    expect(await pictureOf(target)).toBe(before);
  });

  test("is taken back when somebody has written since", async () => {
    await using target = await createTarget("remote", { models: MODELS });
    await runScript(target, SMALL);
    const prepared = await agreed(target);
    await runScript(target, "INSERT INTO users VALUES (3, 'c', NULL, NULL)");
    await expect(performRebuild(target.deps, prepared)).rejects.toMatchObject({ code: "DATABASE_CHANGED" });
    expect(await backupFiles(target)).toEqual([]);
    expect(await query(target, "SELECT count(*) AS rows FROM users")).toEqual([{ rows: 3n }]);
  });

  test("holds the rows as they were when they were counted", async () => {
    await using target = await createTarget("replica", { models: MODELS });
    await runScript(target, SMALL);
    const prepared = await agreed(target);
    const [draft = ""] = await backupFiles(target);
    const copied = await readFile(target.project.path(".clean-slate", "backups", draft));
    const { backup } = await performRebuild(target.deps, prepared);
    expect((await readFile(backup?.backup.path ?? "")).equals(copied)).toBe(true);
  });

  test.skipIf(process.platform === "win32")("goes with the process that is interrupted", async () => {
    await using target = await createTarget("replica", { models: MODELS });
    await runScript(target, LARGE);
    await syncTarget(target.deps);
    await target.proxy?.fail({ kind: "hang", only: /cursor/ });
    const child = startCli(["apply-migration", "--yes"], {
      cwd: target.project.dir,
      env: { TURSO_DATABASE_URL: target.proxy?.url ?? "" },
    });
    const result = resultOf(child);
    await vi.waitFor(async () => expect(await backupFiles(target)).not.toEqual([]), 20_000);
    child.kill("SIGINT");
    expect((await result).signal).toBe("SIGINT");
    expect(await backupFiles(target)).toEqual([]);
  });

  test("is taken back when the command names another database", async () => {
    await using target = await createTarget("remote", { models: MODELS });
    await runScript(target, SMALL);
    const args = ["apply-migration", "--yes", "--remote-only", "--confirm", "another"];
    const env = { TURSO_DATABASE_URL: target.proxy?.url ?? "" };
    const { code, stderr } = await runCli(args, { cwd: target.project.dir, env });
    expect(stderr).toContain("--confirm names");
    expect({ code, files: await backupFiles(target) }).toEqual({ code: 1, files: [] });
  });

  test("is none of a protected database, of a file, and without a backup", async () => {
    await using file = await createTarget("local", { models: MODELS });
    await using target = await createTarget("remote", { models: MODELS });
    for (const one of [file, target]) await runScript(one, SMALL);
    expect((await agreed(file)).begun).toBeNull();
    expect((await prepareRebuild(target.deps, { isAgreed: true, backup: false })).begun).toBeNull();
    await protectDatabase(target.deps, { reason: null });
    const prepared = await agreed(target);
    expect(prepared.begun).toBeNull();
    expect(prepared.losses.find(({ name }) => name === "users")).toMatchObject({ rows: 2 });
    expect([await backupFiles(file), await backupFiles(target)]).toEqual([[], []]);
  });
});
