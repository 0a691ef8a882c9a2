import { describe, expect, test } from "vitest";
import { startFaultProxy } from "../support/fault-proxy.ts";
import { createProject } from "../support/project.ts";
import { runCli, type CliResult } from "../support/run-cli.ts";
import { skipSqld, startSqld } from "../support/sqld.ts";
import { createTokenKeys, mintToken } from "../support/tokens.ts";

const CORE = `import { integer, sqliteTable } from "drizzle-orm/sqlite-core";\n`;
const MODELS = { "a.ts": `${CORE}export const users = sqliteTable("users", { id: integer("id") });` };

/** The one document of `--json`; throws when stdout is anything else. */
const documentOf = ({ stdout }: CliResult): Record<string, unknown> =>
  JSON.parse(stdout) as Record<string, unknown>;

describe.concurrent("wrong usage", () => {
  test.each<[string[], RegExp]>([
    [["apply"], /unknown command 'apply'[^]*typed in full: apply-migration/],
    [["aply-migration"], /unknown command[^]*Did you mean apply-migration/],
    [["aply-migration", "--help"], /unknown command 'aply-migration'[^]*Did you mean apply-migration/],
    [["help", "apply"], /unknown command 'apply'[^]*typed in full: apply-migration/],
    [["apply-migration", "--ye"], /unknown option '--ye'[^]*Did you mean --yes/],
    [["apply-migration", "--dry"], /unknown option '--dry'/],
    [["apply-migration", "now"], /too many arguments/],
    [["db-info", "--timeout", "soon"], /"soon" \(--timeout\)/],
  ])("%j ends with 1, what is wrong, and what was perhaps meant", async (args, message) => {
    await using project = await createProject({ models: MODELS });
    const { code, stdout, stderr } = await runCli(args, { cwd: project.dir });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(message);
  });

  test.each([["help"], ["help", "--json"], ["help", "check"], ["check", "--help"]])(
    "is not to ask for help: %s %s",
    async (...args) => {
      await using project = await createProject({ models: MODELS });
      const { code, stdout, stderr } = await runCli(args, { cwd: project.dir });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toContain(args.includes("check") ? "manage.ts check [options]" : "Exit codes:");
    },
  );

  test("is one document with --json, said once on stderr", async () => {
    await using project = await createProject({ models: MODELS });
    const result = await runCli(["apply", "--json"], { cwd: project.dir });
    expect(documentOf(result)).toEqual({
      ok: false,
      command: "apply",
      error: {
        code: "USAGE",
        message: "unknown command 'apply'",
        hint: "commands are typed in full: apply-migration",
      },
    });
    expect(result.stderr.match(/unknown command/g)).toHaveLength(1);
  });

  test.each([
    ["--yess", "unknown option '--yess'", "Did you mean --yes?"],
    ["extra", /too many arguments/, "npx tsx manage.ts --help"],
  ])("is told apart from its hint in the document of --json: %s", async (word, message, hint) => {
    await using project = await createProject({ models: MODELS });
    const { error } = documentOf(await runCli(["apply-migration", word, "--json"], { cwd: project.dir })) as {
      error: object;
    };
    expect(error).toEqual({ code: "USAGE", message: expect.stringMatching(message), hint });
  });

  test.each([
    ["as the value of an option there is none of", ["check", "--auth-token=SECRET-value"]],
    ["as the value of an option of one letter", ["check", "-t=SECRET"]],
    ["as the value of an option, with a quote in it", ["check", "--auth-token=it's-SECRET"]],
    ["behind an option and a colon", ["check", "--auth-token:SECRET"]],
    ["right behind an option", ["check", "-teyJSECRETSECRETSECRET.eyJSECRET.SECRET"]],
    ["as a command", ["eyJSECRETSECRETSECRET.eyJSECRET.SECRET"]],
    ["in an address", ["check", "--file", "libsql://host?authToken=SECRET"]],
    ["as the password of an address", ["check", "--file", "libsql://me:SECRET@host"]],
    ["as a password with a slash", ["check", "--file", "https://me:SEC/RET-SECRET@host"]],
    ["before the host of an address", ["https://SECRET@host"]],
    ["in an address where a folder belongs", ["check", "--models", "libsql://host/SECRET"]],
    ["where a folder belongs", ["backups", "--backup-dir", "eyJSECRETSECRETSECRET.eyJSECRET.SECRET"]],
  ])("does not repeat a token that was typed %s", async (_, words) => {
    await using project = await createProject({ models: MODELS });
    for (const more of [[], ["--json"]]) {
      const { code, stdout, stderr } = await runCli([...words, ...more], { cwd: project.dir });
      expect(code).toBe(1);
      expect(stdout + stderr).not.toContain("SECRET");
      expect(stderr).toMatch(/unknown (?:option|command)|cannot read|is not a path/);
    }
  });

  test("is to name no command: the help goes to stderr", async () => {
    await using project = await createProject();
    const { code, stdout, stderr } = await runCli([], { cwd: project.dir });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("Usage: npx tsx manage.ts");
  });
});

describe.concurrent("a model that", () => {
  test("ends the program is blamed, and the exit code is 1", async () => {
    await using project = await createProject({ models: { ...MODELS, "z.ts": "process.exit(0);" } });
    const result = await runCli(["check", "--file", "--json"], { cwd: project.dir });
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/ended the program before the command was done/);
    expect(documentOf(result)).toMatchObject({ ok: false, error: { code: "MODELS_INVALID" } });
  });

  test("prints does not print into the result", async () => {
    await using project = await createProject({
      models: { ...MODELS, "z.ts": `console.log("debugging");` },
    });
    const result = await runCli(["generate-migration", "--json"], { cwd: project.dir });
    expect(documentOf(result)).toMatchObject({ ok: true, kind: "written" });
    expect(result.stderr).toContain("debugging");
  });
});

describe.concurrent("what the program prints", () => {
  test("is the result on stdout and the rest on stderr", async () => {
    await using project = await createProject({
      models: {
        "a.ts": `${CORE}export const users = sqliteTable("users", { at: integer("at", { mode: "timestamp" }).default(new Date()) });`,
      },
    });
    const { code, stdout, stderr } = await runCli(["generate-migration", "--stdout"], { cwd: project.dir });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^-- Clean Slate migration\n[^]*\);\n$/);
    expect(stderr).toMatch(/^warning: models\/a\.ts: [^\n]*"users"\."at"[^\n]*\n$/);
  });

  test("is exactly one document with --json, when all is well", async () => {
    await using project = await createProject({ models: MODELS });
    const results = [];
    for (const command of ["generate-migration", "apply-migration", "db-info"]) {
      const flags = command === "apply-migration" ? ["--yes"] : [];
      results.push(await runCli([command, ...flags, "--json"], { cwd: project.dir }));
    }
    expect(
      results.map((result) => [
        result.code,
        documentOf(result)["ok"],
        documentOf(result)["command"],
        result.stderr,
      ]),
    ).toEqual([
      [0, true, "generate-migration", ""],
      [0, true, "apply-migration", ""],
      [0, true, "db-info", ""],
    ]);
  });

  test("is exactly one document with --json when it fails, and words for a person on stderr", async () => {
    await using project = await createProject({ models: { "a.ts": "throw new Error('no luck');" } });
    const result = await runCli(["apply-migration", "--yes", "--json"], { cwd: project.dir });
    expect(result.code).toBe(1);
    expect(documentOf(result)).toEqual({
      ok: false,
      command: "apply-migration",
      error: {
        code: "MODELS_INVALID",
        message: expect.stringMatching(/^models\/a\.ts:1:\d+: Error: no luck/),
        hint: expect.any(String),
      },
    });
    expect(result.stderr).toMatch(/^error: models\/a\.ts/);
  });

  test("may be cut off by its reader without a stack", async () => {
    const tables = Array.from(
      { length: 700 },
      (_, at) => `export const t${at} = sqliteTable("${"long_".repeat(25)}${at}", { id: integer("id") });`,
    );
    await using project = await createProject({ models: { "a.ts": CORE + tables.join("\n") } });
    const program = [
      "sh",
      "-c",
      `"$@" | head -n 1`,
      "sh",
      process.execPath,
      "--import",
      "tsx",
      new URL("../../manage.ts", import.meta.url).pathname,
    ] as const;
    const { stdout, stderr } = await runCli(["generate-migration", "--stdout"], {
      cwd: project.dir,
      program,
    });
    expect({ stdout, stderr }).toEqual({ stdout: "-- Clean Slate migration\n", stderr: "" });
  });

  test("names the next command as the program was called", async () => {
    await using project = await createProject({ models: MODELS });
    const { stdout } = await runCli(["db-info"], { cwd: project.dir });
    expect(stdout).toContain("next: npx tsx manage.ts apply-migration");
  });

  test("names a folder as it is called, though that reads like a command", async () => {
    const name = "clean-slate demo y";
    await using project = await createProject({
      files: { [`${name}/models/a.ts`]: MODELS["a.ts"] },
    });
    const run = (...args: string[]) => runCli(args, { cwd: project.path(name) });
    const info = await run("db-info");
    expect(info.stdout).toContain(project.path(name, "local.db"));
    expect(info.stdout).not.toContain(`manage.ts demo`);
    const failed = await run("check", "--database", ".");
    expect(failed.stderr).toContain(`"${project.path(name)}"`);
    await run("apply-migration", "--yes");
    const { stderr } = await run("apply-migration", "--yes");
    expect(stderr).toContain(`backup: ${project.path(name, ".clean-slate/backups/")}`);
    expect(stderr).toContain("undo:   npx tsx manage.ts restore ");
  });
});

test("db-info shows every setting with its origin: flag, environment, .env, default", async () => {
  await using project = await createProject({
    models: MODELS,
    env: {
      LOCAL_DB_PATH: "file.db",
      CLEAN_SLATE_TIMEOUT: "7",
      CLEAN_SLATE_OUT: "out",
      TURSO_AUTH_TOKEN: "abc.def.ghi",
    },
  });
  const result = await runCli(["db-info", "--json", "--database", "flag.db", "--casing", "snake_case"], {
    cwd: project.dir,
    env: { LOCAL_DB_PATH: "environment.db", CLEAN_SLATE_TIMEOUT: "9" },
  });
  expect(documentOf(result)["settings"]).toEqual(
    expect.arrayContaining([
      { name: "LOCAL_DB_PATH", value: project.path("flag.db"), origin: "--database" },
      { name: "TURSO_AUTH_TOKEN", value: "(set, 11 characters)", origin: project.path(".env") },
      { name: "models", value: project.path("models"), origin: "default" },
      { name: "out", value: project.path("out"), origin: project.path(".env") },
      { name: "casing", value: "snake_case", origin: "--casing" },
      { name: "timeout", value: "9 s", origin: "environment" },
    ]),
  );
});

describe.skipIf(skipSqld)("on the network", () => {
  test("no command hangs: it ends with the step it waited for, having said that it waits", async () => {
    await using sqld = await startSqld();
    await using proxy = await startFaultProxy({ target: sqld.url });
    await using project = await createProject({ models: MODELS, env: { TURSO_DATABASE_URL: proxy.url } });
    await proxy.fail({ kind: "hang" });
    const run = (...args: string[]) =>
      runCli([...args, "--timeout", "1"], { cwd: project.dir, timeoutMs: 20_000 });
    const [apply, auth, sync, info] = await Promise.all([
      run("apply-migration", "--yes"),
      run("test-auth"),
      run("sync"),
      run("db-info"),
    ]);
    expect([apply.code, auth.code, sync.code, info.code]).toEqual([1, 1, 1, 0]);
    expect(apply.stderr).toMatch(
      /… reading 127\.0\.0\.1:\d+\nerror: 127\.0\.0\.1:\d+ gave no answer within 1 s/,
    );
    expect(auth.stdout).toMatch(/read +127\.0\.0\.1:\d+ gave no answer within 1 s[^]*not good/);
    expect(sync.stderr).toContain("gave no answer within 1 s");
    expect(info.stdout).toMatch(/Primary\n +127\.0\.0\.1:\d+ gave no answer within 1 s/);
  });

  test("no output holds a token, wherever it stands and whatever happens", async () => {
    const keys = createTokenKeys();
    await using sqld = await startSqld({ auth: keys });
    await using project = await createProject({ models: MODELS });
    const host = sqld.url.replace("http://", "");
    const [good, expired, foreign] = [
      mintToken(keys),
      mintToken(keys, { expiresIn: -500 }),
      mintToken(createTokenKeys()),
    ];
    const password = `p${Math.random().toString(36).slice(2)}`;
    const cases: [string[], Record<string, string>][] = [
      [
        ["apply-migration", "--yes", "--remote-only"],
        { TURSO_DATABASE_URL: sqld.url, TURSO_AUTH_TOKEN: expired },
      ],
      [["test-auth", "--json"], { TURSO_DATABASE_URL: `libsql://${host}?tls=0&authToken=${good}` }],
      [["db-info"], { TURSO_DATABASE_URL: `libsql://${host}?tls=0&authToken=${foreign}` }],
      [
        ["db-info", "--json"],
        { TURSO_DATABASE_URL: `http://user:${password}@${host}`, TURSO_AUTH_TOKEN: good },
      ],
      [["apply-migration", "--yes"], { TURSO_DATABASE_URL: `http://user:${password}@${host}` }],
      [["sync"], { TURSO_DATABASE_URL: sqld.url, TURSO_AUTH_TOKEN: foreign }],
    ];
    const results = await Promise.all(cases.map(([args, env]) => runCli(args, { cwd: project.dir, env })));
    expect(results.map(({ code }) => code)).toEqual([1, 0, 0, 0, 1, 1]);
    const said = results.map(({ stdout, stderr }) => stdout + stderr).join("\n");
    for (const secret of [
      good,
      expired,
      foreign,
      password,
      ...[good, expired, foreign].map((token) => token.split(".")[2] ?? token),
    ]) {
      expect(said).not.toContain(secret);
    }
  });
});
