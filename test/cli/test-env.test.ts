import { chmodSync, existsSync, readFileSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { parseEnv } from "node:util";
import { createClient } from "@libsql/client/http";
import { describe, expect, onTestFinished, test } from "vitest";
import { endStarted, isRunning } from "../../src/database/server-process.ts";
import { testEnvPlace } from "../../src/project/test-envs.ts";
import { createProject, type Project } from "../support/project.ts";
import { resultOf, runCli, startCli } from "../support/run-cli.ts";
import { findSqld, skipSqld } from "../support/sqld.ts";

const MODELS = {
  "users.ts": `import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
    export const users = sqliteTable("users", { id: integer().primaryKey(), email: text().notNull() });`,
};

async function testEnv({ dir }: Project, ...args: string[]) {
  return runCli(["test-env", ...args], { cwd: dir, env: { SQLD_PATH: await findSqld() } });
}

const emails = async (env: NodeJS.Dict<string>) => {
  const client = createClient({
    url: env["TURSO_DATABASE_URL"] ?? "",
    authToken: env["TURSO_AUTH_TOKEN"] ?? "",
  });
  const { rows } = await client.execute("SELECT email FROM users");
  return rows.map((row) => row["email"]);
};

const hasEnded = (url: string) =>
  fetch(url).then(
    () => false,
    () => true,
  );

describe.skipIf(skipSqld)("test-env", () => {
  test("makes a server an application can use, tells of it, and destroys all of it", async () => {
    await using project = await createProject({
      models: MODELS,
      files: {
        "seed.ts": `import { users } from "./models/users.ts";
          export default (db) => db.insert(users).values({ email: "from a module" });`,
      },
    });
    const created = await testEnv(
      project,
      "create",
      "--idle",
      "2",
      "--seed",
      "seed.ts",
      "--write-env",
      ".env.test",
    );
    expect(created).toMatchObject({ code: 0, stdout: expect.not.stringContaining("TOKEN") });
    const env = parseEnv(await project.read(".env.test"));
    expect(statSync(project.path(".env.test")).mode & 0o777).toBe(0o600);
    expect(Object.keys(env).toSorted()).toEqual(["LOCAL_DB_PATH", "TURSO_AUTH_TOKEN", "TURSO_DATABASE_URL"]);
    expect(await emails(env)).toEqual(["from a module"]);
    await expect(emails({ ...env, TURSO_AUTH_TOKEN: undefined })).rejects.toThrow("401");
    const info = await runCli(["db-info", "--env-file", ".env.test", "--json"], { cwd: project.dir });
    expect(JSON.parse(info.stdout)).toMatchObject({ ok: true });
    const log = `${created.stderr}${await project.read(".clean-slate/test-env/default/environment.json")}`;
    expect(log).not.toContain(env["TURSO_AUTH_TOKEN"]);

    const again = await testEnv(project, "create", "--json");
    expect(JSON.parse(again.stdout)).toMatchObject({ ok: false, error: { code: "ENVIRONMENT_EXISTS" } });
    const listed = JSON.parse((await testEnv(project, "list", "--json")).stdout) as {
      environments: unknown[];
    };
    expect(listed.environments).toMatchObject([
      { name: "default", alive: true, url: env["TURSO_DATABASE_URL"] },
    ]);

    expect(await testEnv(project, "destroy", "--all")).toMatchObject({
      code: 0,
      stdout: "destroyed default\n",
    });
    expect(await hasEnded(env["TURSO_DATABASE_URL"] ?? "")).toBe(true);
    expect((await readdir(project.dir)).toSorted()).toEqual([
      "models",
      "node_modules",
      "package.json",
      "seed.ts",
    ]);
  });

  test("prints the variables, and ends by itself when nobody asks for so long", async () => {
    await using project = await createProject({
      models: MODELS,
      files: { "s.sql": "INSERT INTO users VALUES (1, 'sql');" },
    });
    const { stdout } = await testEnv(project, "create", "short", "--idle", "0.02", "--seed", "s.sql");
    const env = parseEnv(stdout);
    expect(await emails(env)).toEqual(["sql"]);
    await expect
      .poll(
        () => testEnv(project, "list", "--json").then(({ stdout: list }) => JSON.parse(list) as unknown),
        {
          timeout: 20_000,
          interval: 500,
        },
      )
      .toMatchObject({ environments: [{ name: "short", alive: false }] });
    expect((await testEnv(project, "destroy", "short")).code).toBe(0);
  });

  test.each([
    ["starting the server", "kill -STOP $$"], // itself: it is never healthy
    ["running the seed", ""],
  ])("leaves neither a server nor a file when it is interrupted while it is %s", async (doing, before) => {
    await using project = await createProject({
      models: MODELS,
      files: {
        "seed.ts": "export default () => new Promise((end) => setTimeout(end, 60_000));",
        "server.sh": `#!/bin/sh\necho "pid $$"\n${before}\nexec '${await findSqld()}' "$@"\n`,
      },
    });
    chmodSync(project.path("server.sh"), 0o755);
    const options = { cwd: project.dir, env: { SQLD_PATH: project.path("server.sh") } };
    const child = startCli(["test-env", "create", "--seed", "seed.ts"], options);
    const result = resultOf(child);
    await new Promise<void>((resolve) =>
      child.stderr.on("data", (text: string) => text.includes(doing) && resolve()),
    );
    const { data, log } = testEnvPlace(project.dir, "default");
    const server = { pid: Number(/pid (\d+)/.exec(readFileSync(log, "utf8"))?.[1]), dir: data };
    onTestFinished(() => endStarted(server));
    expect(isRunning(server)).toBe(true);
    child.kill("SIGINT");
    expect((await result).signal).toBe("SIGINT");
    await expect.poll(() => isRunning(server)).toBe(false);
    expect(existsSync(project.path(".clean-slate"))).toBe(false);
  });

  test("leaves nothing of what could not be made", async () => {
    await using project = await createProject({
      models: MODELS,
      files: { "bad.sql": "INSERT INTO nowhere VALUES (1);", ".env.old": "KEPT=1\n" },
    });
    const failures = [
      [["create", "--seed", "bad.sql"], "SEED_FAILED"],
      [["create", "--write-env", ".env.old"], "WRITE_FAILED"],
      [["create", "../x"], "USAGE"],
      [["create", "--idle", "soon"], "USAGE"],
      [["destroy"], "USAGE"],
      [["destroy", "x"], "ENVIRONMENT_NOT_FOUND"],
    ] as const;
    for (const [args, code] of failures) {
      const { stdout } = await testEnv(project, ...args, "--json");
      expect({ args, ...(JSON.parse(stdout) as object) }).toMatchObject({ args, ok: false, error: { code } });
    }
    expect(existsSync(project.path(".clean-slate"))).toBe(false);
    expect(await project.read(".env.old")).toBe("KEPT=1\n");
  });
});
