import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { backupDatabase } from "../../src/actions/backup.ts";
import { dbInfo } from "../../src/actions/db-info.ts";
import type { Deps } from "../../src/actions/deps.ts";
import { performRebuild } from "../../src/actions/perform-rebuild.ts";
import { performRestore } from "../../src/actions/perform-restore.ts";
import { prepareRestore } from "../../src/actions/prepare-restore.ts";
import { prepareRebuild } from "../../src/actions/prepare-rebuild.ts";
import { testAuth } from "../../src/actions/test-auth.ts";
import { listBackups } from "../../src/project/backups.ts";
import type { Fault, FaultScope } from "../support/fault-proxy.ts";
import {
  createDeps,
  createTarget,
  pictureOf,
  query,
  runScript,
  type RebuildTarget,
} from "../support/rebuild-target.ts";
import { close, listen, receive } from "../support/http.ts";
import { createProject, type Project } from "../support/project.ts";
import { skipSqld, startSqld, type Sqld } from "../support/sqld.ts";
import { createTokenKeys, mintToken } from "../support/tokens.ts";

const MODELS = {
  "a.ts": `import { integer, sqliteTable } from "drizzle-orm/sqlite-core"; export const fresh = sqliteTable("fresh", { id: integer() });`,
};

const withTimeout = ({ deps }: Pick<RebuildTarget, "deps">, milliseconds: number): Deps => ({
  ...deps,
  config: { ...deps.config, timeout: { value: milliseconds, origin: "test" } },
});

/** A rebuild without a backup, whose requests would meet the faults first. */
const prepare = (deps: Deps) => prepareRebuild(deps, { backup: false });

const to = (project: Project, url: string, token: string | null = null): Deps =>
  createDeps(project, {
    url: { value: url, origin: "test" },
    authToken: token === null ? null : { value: token, origin: "test" },
    remoteOnly: true,
    timeout: { value: 2000, origin: "test" },
  });

describe.skipIf(skipSqld)("a primary that fails", () => {
  let target: RebuildTarget;
  beforeAll(async () => {
    target = await createTarget("remote", { models: MODELS });
    await runScript(target, "CREATE TABLE old (id); INSERT INTO old VALUES (1);");
  });
  afterAll(() => target[Symbol.asyncDispose]());

  const whileFailing = async <T>(fault: Fault & FaultScope, run: () => Promise<T>): Promise<T> => {
    await target.proxy?.fail(fault);
    try {
      return await run();
    } finally {
      await target.proxy?.heal();
    }
  };

  const status = (code: number, body?: string): Fault => ({
    kind: "status",
    status: code,
    ...(body !== undefined && { body }),
  });

  test.each<[string, Fault, string, RegExp]>([
    ["by refusing", { kind: "refuse" }, "CONNECTION_REFUSED", /nothing answers at 127\.0\.0\.1:\d+/],
    ["by never answering", { kind: "hang" }, "TIMEOUT", /no answer within 0\.3 s/],
    ["by losing its answer", { kind: "lose-answer" }, "CONNECTION_LOST", /broke before its answer/],
    ["by half an answer", { kind: "truncate" }, "CONNECTION_LOST", /broke before its answer/],
    ["with status 500", status(500), "SERVER_FAILED", /HTTP status 500: .*Something is wrong/],
    ["with status 502", status(502, `{"error":"upstream"}`), "SERVER_FAILED", /HTTP status 502: upstream/],
    ["with status 429", status(429, "{}"), "SERVER_FAILED", /HTTP status 429/],
    [
      "with status 404",
      status(404, `{"error":"Namespace not found"}`),
      "DATABASE_NOT_FOUND",
      /Namespace not found/,
    ],
    ["with a page of HTML", status(200), "SERVER_FAILED", /not libSQL's answer: .*Sorry/],
    ["with null", status(200, "null"), "SERVER_FAILED", /not libSQL's answer/],
    ["with results that are none", status(200, `{"results":7}`), "SERVER_FAILED", /answer/],
    ["with no result", status(200, `{"results":[]}`), "SERVER_FAILED", /answer/],
    ["with an empty result", status(200, `{"results":[{"type":"ok"}]}`), "SERVER_FAILED", /answer/],
    [
      "with too few steps",
      status(
        200,
        `{"results":[{"type":"ok","response":{"type":"batch","result":{"step_results":[],"step_errors":[]}}}]}`,
      ),
      "SERVER_FAILED",
      /answer/,
    ],
    ["with nothing", status(200, ""), "SERVER_FAILED", /no text/],
  ])("%s is named before anything is touched", async (_, ...[fault, code, message]) => {
    const reading = whileFailing(fault, () => prepareRebuild(withTimeout(target, 300), {}));
    await expect(reading).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      hint: expect.any(String),
    });
  });

  test.each<[string, Fault]>([
    ["the request was cut", { kind: "cut-request" }],
    ["nothing came back", { kind: "hang" }],
    ["a gateway answered", status(502)],
    ["something else answered", status(200)],
  ])("during the rebuild, when %s: it finds out that nothing was committed", async (_, fault) => {
    const prepared = await prepare(withTimeout(target, 500));
    // Asking whether a run was committed may make the bookkeeping table.
    const before = await pictureOf(target, "_clean_slate");
    const rebuilding = whileFailing({ ...fault, times: 1 }, () =>
      performRebuild(withTimeout(target, 500), prepared),
    );
    await expect(rebuilding).rejects.toMatchObject({
      code: "REBUILD_FAILED",
      message: expect.stringContaining("was not committed, the database is as it was"),
    });
    expect(await pictureOf(target, "_clean_slate")).toBe(before);
    // A request that arrives late all the same is refused: its guard knows another schema.
    await expect(performRebuild(target.deps, prepared)).rejects.toMatchObject({ code: "DATABASE_CHANGED" });
  });

  test("during the rebuild of what another run had made: it finds that one to be the last still", async () => {
    await performRebuild(target.deps, await prepare(target.deps));
    const prepared = await prepare(target.deps);
    const rebuilding = whileFailing({ kind: "cut-request", times: 1 }, () =>
      performRebuild(target.deps, prepared),
    );
    await expect(rebuilding).rejects.toMatchObject({ code: "REBUILD_FAILED" });
  });

  test.each<[string, Fault]>([
    ["lost", { kind: "lose-answer" }],
    ["cut in half", { kind: "truncate" }],
  ])(
    "during the rebuild, when the answer is %s: it finds out that it was committed, and goes on",
    async (_, fault) => {
      await runScript(target, "CREATE TABLE IF NOT EXISTS old (id);");
      const prepared = await prepare(target.deps);
      const { runId } = await whileFailing({ ...fault, times: 1 }, () =>
        performRebuild(target.deps, prepared),
      );
      expect(await query(target, "SELECT value FROM _clean_slate WHERE key = 'run_id'")).toEqual([
        { value: runId },
      ]);
      expect(await query(target, "SELECT name FROM sqlite_schema WHERE type = 'table'")).toEqual([
        { name: "_clean_slate" },
        { name: "fresh" },
      ]);
    },
  );

  test("during the rebuild and for ever after: it says that the outcome is unknown, how to find out, and keeps the backup", async () => {
    await runScript(target, "CREATE TABLE IF NOT EXISTS old (id);");
    const prepared = await prepareRebuild(target.deps, {});
    const progress = (message: string): void => {
      if (message.startsWith("rebuilding")) void target.proxy?.fail({ kind: "lose-answer" });
    };
    const failure = await performRebuild({ ...target.deps, progress }, prepared).catch(
      (error: unknown) => error,
    );
    await target.proxy?.heal();
    const { backups } = listBackups(target.deps.config.backups.value);
    expect(backups).toHaveLength(1);
    expect(failure).toMatchObject({
      code: "OUTCOME_UNKNOWN",
      hint: expect.stringMatching(
        `${prepared.plan.record.run_id}; clean-slate restore ${backups[0]?.name} brings back`,
      ),
    });
  });

  test("after the commit is not taken for one before it: what is said names the run that is committed", async () => {
    await runScript(target, "CREATE TABLE IF NOT EXISTS old (id);");
    const prepared = await prepare(target.deps);
    let requests = 0;
    // the answer to the transaction is lost, the question for its run answered, the proof not read
    const only = { [Symbol.search]: () => (++requests === 2 ? -1 : 0) } as unknown as RegExp;
    const rebuilding = whileFailing({ kind: "lose-answer", only }, () =>
      performRebuild(target.deps, prepared),
    );
    const { run_id: runId } = prepared.plan.record;
    await expect(rebuilding).rejects.toMatchObject({
      code: "CONNECTION_LOST",
      message: expect.stringContaining(`the database is rebuilt (run ${runId}), but was not proven: `),
      hint: "clean-slate db-info",
    });
    expect(await query(target, "SELECT name FROM sqlite_schema WHERE name = 'old'")).toEqual([]);
  });

  test("by refusing the token at the last moment leaves no backup of what is still there, so that the latest stays the latest", async () => {
    await using own = await createTarget("remote", { models: MODELS });
    await runScript(own, "CREATE TABLE old (id);");
    await backupDatabase(own.deps, {});
    const names = () => listBackups(own.deps.config.backups.value).backups.map(({ name }) => name);
    const [only] = names();
    const progress = (message: string): void => {
      if (/^(rebuilding|restoring)/.test(message)) void own.proxy?.fail(status(401));
    };
    const deps = { ...own.deps, progress };
    const refused = { code: expect.stringMatching(/^AUTH_/) as string };
    const rebuild = await prepareRebuild(own.deps, {});
    const restore = await prepareRestore(own.deps, { name: "latest" });
    await expect(performRebuild(deps, rebuild)).rejects.toMatchObject(refused);
    await own.proxy?.heal();
    await expect(performRestore(deps, restore)).rejects.toMatchObject(refused);
    expect(names()).toEqual([only]);
  });

  const megabytes = (count: number): string => {
    const tables = Array.from(
      { length: count },
      (_, i) => `export const t${i} = sqliteTable("t${i}", { a: text().default("x".repeat(1_000_000)) });`,
    );
    return `import { sqliteTable, text } from "drizzle-orm/sqlite-core";\n${tables.join("\n")}`;
  };

  test("does not fail because a catalog is larger than a value may be", async () => {
    await using large = await createTarget("remote", { models: { "large.ts": megabytes(5) } });
    await performRebuild(large.deps, await prepare(large.deps));
    const { primary } = await dbInfo(large.deps);
    expect(primary).toMatchObject({ tables: [{}, {}, {}, {}, {}] });
    await performRebuild(large.deps, await prepare(large.deps));
  });

  test("to answer because a catalog is larger than an answer may be has committed all the same, which is said", async () => {
    await using large = await createTarget("remote", { models: { "large.ts": megabytes(11) } });
    await runScript(large, "CREATE TABLE old (id);");
    await expect(performRebuild(large.deps, await prepare(large.deps))).rejects.toThrow(
      /the database is rebuilt \(run .+\), but was not proven: Response is too large/,
    );
    expect(await query(large, "SELECT name FROM sqlite_schema WHERE name IN ('old', 't10')")).toEqual([
      { name: "t10" },
    ]);
  });

  test("by going away at the moment of the rebuild leaves it as it was", async () => {
    const prepared = await prepare(target.deps);
    const before = await pictureOf(target);
    const rebuilding = whileFailing({ kind: "refuse" }, () => performRebuild(target.deps, prepared));
    // The connection that was open is cut, which may also happen after the last byte of a request.
    await expect(rebuilding).rejects.toMatchObject({
      code: expect.stringMatching(/^(CONNECTION_REFUSED|OUTCOME_UNKNOWN)$/),
    });
    expect(await pictureOf(target)).toBe(before);
  });

  test.each<Fault["kind"]>(["refuse", "hang", "truncate"])(
    "is a line in db-info, not its end (%s)",
    async (kind) => {
      const info = await whileFailing({ kind } as Fault, () => dbInfo(withTimeout(target, 300)));
      expect(info.primary).toMatchObject({
        error: expect.stringContaining("127.0.0.1"),
        hint: expect.any(String),
      });
      expect(info.models).toMatchObject({ creates: "1 table" });
    },
  );

  test("is told from one whose name nobody knows, and one that does not speak TLS", async () => {
    await expect(
      prepareRebuild(to(target.project, "libsql://no-such-database.invalid"), {}),
    ).rejects.toMatchObject({ code: "DNS_FAILED" });
    await expect(
      prepareRebuild(to(target.project, `libsql://127.0.0.1:${target.sqld?.port}`), {}),
    ).rejects.toMatchObject({ code: "TLS_FAILED" });
  });
});

test("a primary that keeps silent is not waited for once the models cannot be read", async () => {
  await using project = await createProject({ models: { "a.ts": "export const = 1;" } });
  const server = createTcpServer((socket) => socket.resume().on("error", () => {}));
  const deps = withTimeout({ deps: to(project, `http://127.0.0.1:${await listen(server)}`) }, 600_000);
  await expect(prepare(deps)).rejects.toMatchObject({ code: "MODELS_INVALID" });
  await close(server); // when its last connection has gone
});

describe.skipIf(skipSqld)("a token", () => {
  const keys = createTokenKeys();
  const good = mintToken(keys, { access: "rw", expiresIn: 3600 });
  let sqld: Sqld;
  let project: Project;
  beforeAll(async () => {
    sqld = await startSqld({ auth: keys });
    project = await createProject({ models: MODELS });
  });
  afterAll(async () => {
    await sqld[Symbol.asyncDispose]();
    await project[Symbol.asyncDispose]();
  });

  const rebuild = async (token: string | null) => {
    const deps = to(project, sqld.url, token);
    return performRebuild(deps, await prepareRebuild(deps, {}));
  };

  test("is not good where a server commits what must fail, and what may have stayed is said", async () => {
    const step = { cols: [], rows: [] };
    const answer = (body: string): object => {
      const { steps } = JSON.parse(body).requests[0].batch as { steps: unknown[] };
      const result = { step_results: steps.map(() => step), step_errors: steps.map(() => null) };
      const ok = (response: object) => ({ type: "ok", response });
      return { results: [ok({ type: "batch", result }), ok({ type: "close" })] };
    };
    const server = createServer((request, response) => {
      void receive(request).then(({ body }) => response.end(JSON.stringify(answer(String(body)))));
    });
    const url = `http://127.0.0.1:${await listen(server)}`;
    const { isGood, write } = await testAuth(to(project, url, good));
    await close(server);
    expect({ isGood, write }).toEqual({
      isGood: false,
      write: {
        error: expect.stringContaining("committed a transaction that must fail"),
        hint: expect.stringContaining("_clean_slate_probe"),
      },
    });
  });

  test("that is good is said to be so, without a trace, and lets a rebuild in", async () => {
    const trace =
      "SELECT count(*) AS objects, (SELECT schema_version FROM pragma_schema_version) AS version FROM sqlite_schema";
    const open = async () =>
      (await import("@libsql/client/http")).createClient({ url: sqld.url, authToken: good });
    const look = async () => (await (await open()).execute(trace)).rows.map((row) => ({ ...row }));
    const before = await look();
    const report = await testAuth(to(project, sqld.url, good));
    expect(report).toMatchObject({
      isGood: true,
      write: { isAllowed: true },
      contradictions: [],
      claims: { access: "read-write", isExpired: false },
    });
    expect(await look()).toEqual(before);
    await rebuild(good);
    expect(
      (await testAuth(to(project, `${sqld.url}?authToken=${good}`.replace("http:", "libsql:") + "&tls=0")))
        .isGood,
    ).toBe(true);
  });

  test.each<[string, string | null, string, RegExp]>([
    ["is missing", null, "AUTH_MISSING", /TURSO_AUTH_TOKEN is not set/],
    ["has expired", mintToken(keys, { expiresIn: -120 }), "AUTH_EXPIRED", /has expired/],
    [
      "was signed by someone else",
      mintToken(createTokenKeys()),
      "AUTH_REJECTED",
      /does not accept the token/,
    ],
    ["is none", "nonsense", "AUTH_REJECTED", /does not accept the token/],
    ["is for another database", mintToken(keys, { id: "other", access: "rw" }), "DATABASE_NOT_FOUND", /./],
    [
      "may only read",
      mintToken(keys, { access: "ro" }),
      "AUTH_READ_ONLY",
      /does not let this token write.*(?:; the database is as it was)?/,
    ],
  ])(
    "that %s is told from all others, by test-auth and by a rebuild",
    async (_, ...[token, code, message]) => {
      const report = await testAuth(to(project, sqld.url, token));
      expect(report.isGood).toBe(false);
      const failure = "error" in report.read ? report.read : report.write;
      expect(failure).toMatchObject({ error: expect.stringMatching(message), hint: expect.any(String) });
      const error = await rebuild(token).then(
        () => null,
        (reason: unknown) => reason as { code: string },
      );
      expect(error).toMatchObject({
        code: expect.stringMatching(`^(${code})$`),
        message: expect.stringMatching(message),
        hint: expect.any(String),
      });
      if (token !== null) expect(JSON.stringify([report, error, String(error)])).not.toContain(token);
    },
  );

  test("that contradicts what the primary does is said to", async () => {
    const says = async (token: string, url = sqld.url) =>
      (await testAuth(to(project, url, token))).contradictions.join();
    expect(await says(mintToken(keys, { expiresIn: -20 }))).toMatch(
      /says it has expired, the primary accepts it/,
    );
    await using open = await startSqld();
    expect(await says(mintToken(keys, { access: "ro" }), open.url)).toMatch(
      /says read-only, the primary lets it write/,
    );
  });

  test("cannot be tried where there is no primary, or none that can be meant", async () => {
    await expect(testAuth(createDeps(project))).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(testAuth(to(project, "postgres://x"))).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});
