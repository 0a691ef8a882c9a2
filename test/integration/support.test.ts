import { createClient } from "@libsql/client/http";
import { describe, expect, test } from "vitest";
import { startFaultProxy } from "../support/fault-proxy.ts";
import { createTemporaryFolder } from "../support/paths.ts";
import { createProject } from "../support/project.ts";
import { runInReplica } from "../support/replica-client.ts";
import { startReplicaV2 } from "../support/replica-v2.ts";
import { runCli, runInTerminal } from "../support/run-cli.ts";
import { skipSqld, startSqld } from "../support/sqld.ts";
import { createTokenKeys, mintToken } from "../support/tokens.ts";

const names = async (url: string, authToken?: string) => {
  const client = createClient({ url, ...(authToken === undefined ? {} : { authToken }) });
  const { rows } = await client.execute("SELECT name FROM sqlite_schema ORDER BY name");
  return rows.map((row) => row["name"]);
};

const run = (url: string, ...statements: string[]) => createClient({ url }).batch(statements, "write");

describe.skipIf(skipSqld)("sqld", () => {
  test("keeps its databases and its address over a restart, also after SIGKILL", async () => {
    await using sqld = await startSqld();
    await run(sqld.url, "CREATE TABLE kept (id)");
    const before = sqld.pid;
    await sqld.kill();
    expect(sqld.pid).toBeUndefined();
    await expect(names(sqld.url)).rejects.toThrow("fetch failed");
    await sqld.restart();
    expect(sqld.pid).not.toBe(before);
    expect(await names(sqld.url)).toEqual(["kept"]);
  });

  test("lets a good token in, refuses none, a foreign and an expired one, and lets a read-only one read", async () => {
    const keys = createTokenKeys();
    await using sqld = await startSqld({ auth: keys });
    const write = (token?: string) =>
      createClient({ url: sqld.url, ...(token === undefined ? {} : { authToken: token }) }).execute(
        "CREATE TABLE a (x)",
      );
    await expect(write()).rejects.toThrow("401");
    await expect(write(mintToken(createTokenKeys()))).rejects.toThrow("401");
    await expect(write(mintToken(keys, { expiresIn: -120 }))).rejects.toThrow("401");
    await expect(write(mintToken(keys, { access: "ro" }))).rejects.toThrow("403");
    await write(mintToken(keys, { access: "rw", expiresIn: 60 }));
    expect(await names(sqld.url, mintToken(keys, { access: "ro" }))).toEqual(["a"]);
  });
});

describe.skipIf(skipSqld)("the stand-in for the second replica protocol", () => {
  test("lets a real replica sync, write and sync again", async () => {
    await using folder = await createTemporaryFolder("replica");
    await using sqld = await startSqld();
    await run(sqld.url, "CREATE TABLE before (id)", "INSERT INTO before VALUES (1), (2)");
    await using server = await startReplicaV2(sqld);
    await run(sqld.url, "INSERT INTO before VALUES (3)", "CREATE VIEW after AS SELECT id FROM before");
    const replica = { file: `${folder.dir}/replica.db`, url: server.url };

    const first = await runInReplica({
      ...replica,
      sql: ["SELECT count(*) AS n FROM after", "INSERT INTO before VALUES (4)"],
    });
    expect(first[0]).toEqual([{ n: 3 }]);
    await run(sqld.url, "DROP VIEW after", "DELETE FROM before WHERE id < 3");
    await server.nextGeneration();
    await run(sqld.url, "INSERT INTO before VALUES (5)");
    const second = await runInReplica({
      ...replica,
      sql: ["SELECT id FROM before ORDER BY id", "SELECT name FROM sqlite_schema"],
    });
    expect(second).toEqual([[{ id: 3 }, { id: 4 }, { id: 5 }], [{ name: "before" }]]);
    expect(server.requests).toContain("GET /export/1");
    expect(server.requests.some((request) => request.startsWith("GET /sync/2/"))).toBe(true);
  });

  test("leaves it to sqld whether a token is good", async () => {
    await using folder = await createTemporaryFolder("replica");
    const keys = createTokenKeys();
    await using sqld = await startSqld({ auth: keys });
    await using server = await startReplicaV2(sqld);
    expect((await fetch(`${server.url}/info`)).status).toBe(401);
    const replica = { file: `${folder.dir}/replica.db`, url: server.url };
    await expect(runInReplica({ ...replica, token: mintToken(createTokenKeys()) })).rejects.toThrow(
      "Unauthorized",
    );
    await runInReplica({ ...replica, token: mintToken(keys), sql: ["CREATE TABLE a (x)"] });
    expect(await names(sqld.url, mintToken(keys))).toEqual(["a"]);
  });
});

describe.skipIf(skipSqld)("the fault proxy", () => {
  test("counts connections, requests and flights, and takes its time", async () => {
    await using sqld = await startSqld();
    await using proxy = await startFaultProxy({ target: sqld.url });
    await run(proxy.url, "CREATE TABLE a (x)");
    proxy.resetCounts();
    proxy.setDelay(60);
    const start = performance.now();
    await run(proxy.url, "CREATE TABLE b (x)", "CREATE TABLE c (x)");
    expect(performance.now() - start).toBeGreaterThan(55);
    const { flights, requests, connections } = proxy.counts;
    expect(flights).toBe(requests.length);
    expect(connections).toBeLessThanOrEqual(flights);
    expect(requests.at(-1)).toMatch(/^POST \/v[23]\/pipeline/);
  });

  test("carries an embedded replica of the first protocol", async () => {
    await using folder = await createTemporaryFolder("replica");
    await using sqld = await startSqld();
    await using proxy = await startFaultProxy({ target: sqld.url, delayMs: 5 });
    await run(sqld.url, "CREATE TABLE a (x)", "INSERT INTO a VALUES (7)");
    expect(
      await runInReplica({ file: `${folder.dir}/replica.db`, url: proxy.url, sql: ["SELECT x FROM a"] }),
    ).toEqual([[{ x: 7 }]]);
    expect(proxy.counts.requests).toContain("POST /wal_log.ReplicationLog/Hello");
    expect(proxy.counts.flights).toBe(proxy.counts.requests.length);
  });

  test("loses an answer after the server has done what it was asked to", async () => {
    await using sqld = await startSqld();
    await using proxy = await startFaultProxy({ target: sqld.url });
    await proxy.fail({ kind: "lose-answer", only: /pipeline/, times: 1 });
    await expect(run(proxy.url, "CREATE TABLE done (x)")).rejects.toThrow("fetch failed");
    expect(await names(proxy.url)).toEqual(["done"]);
  });

  test("cuts a request so that the server does nothing", async () => {
    await using sqld = await startSqld();
    await using proxy = await startFaultProxy({ target: sqld.url });
    await proxy.fail({ kind: "cut-request", only: /pipeline/ });
    await expect(run(proxy.url, "CREATE TABLE undone (x)")).rejects.toThrow("fetch failed");
    await proxy.heal();
    expect(await names(proxy.url)).toEqual([]);
  });

  test("refuses, hangs, truncates, answers with an error and heals", async () => {
    await using sqld = await startSqld();
    await using proxy = await startFaultProxy({ target: sqld.url });
    const get = async (timeout = 5000) => {
      const response = await fetch(`${proxy.url}/version`, { signal: AbortSignal.timeout(timeout) });
      return { status: response.status, text: await response.text() };
    };
    await proxy.fail({ kind: "refuse" });
    await expect(get()).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
    await proxy.fail({ kind: "hang" });
    await expect(get(100)).rejects.toMatchObject({ name: "TimeoutError" });
    await proxy.fail({ kind: "truncate" });
    await expect(get()).rejects.toThrow("terminated");
    await proxy.fail({ kind: "status", status: 502 });
    expect(await get()).toMatchObject({ status: 502, text: expect.stringContaining("<!doctype html>") });
    await proxy.fail({ kind: "status", status: 429, body: "{}" });
    expect(await get()).toEqual({ status: 429, text: "{}" });
    await proxy.heal();
    expect((await get()).status).toBe(200);
  });
});

describe("the program's surroundings", () => {
  test("are a project that resolves drizzle-orm, and an environment without ours", async () => {
    await using project = await createProject({
      models: { "user.ts": "export {};" },
      env: { LOCAL_DB_PATH: "a b.db" },
    });
    expect(await project.read("models/user.ts")).toBe("export {};");
    expect(await project.read(".env")).toBe('LOCAL_DB_PATH="a b.db"\n');
    const source =
      'import "drizzle-orm/sqlite-core"; console.log(process.cwd(), process.env.CI, process.env.TURSO_AUTH_TOKEN);';
    await project.write("program.mjs", source);
    const result = await runCli(["program.mjs"], { cwd: project.dir, program: [process.execPath] });
    expect(result).toEqual({
      code: 0,
      signal: null,
      stdout: `${project.dir} undefined undefined\n`,
      stderr: "",
    });
  });

  test("are a terminal when one is asked for, where questions are answered", async () => {
    await using project = await createProject();
    const source = `import prompts from "prompts";
      const { name } = await prompts({ type: "text", name: "name", message: "Which database?" });
      console.log(process.stdin.isTTY, process.stdout.columns, name, process.argv.slice(2));
      process.exitCode = 3;`;
    await project.write("program.mjs", source);
    const { code, output } = await runInTerminal(["it's"], {
      cwd: project.dir,
      program: [process.execPath, "program.mjs"],
      answers: [{ expect: /Which database\?/, send: "mine\r" }],
    });
    expect(output).toContain('true 100 mine [ "it\'s" ]');
    expect(code).toBe(3);
  });
});
