import fc from "fast-check";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { dbInfo } from "../../src/actions/db-info.ts";
import { performRebuild } from "../../src/actions/perform-rebuild.ts";
import { prepareRebuild } from "../../src/actions/prepare-rebuild.ts";
import { protectDatabase } from "../../src/actions/protect.ts";
import { settingsOf } from "../../src/actions/settings.ts";
import { testAuth } from "../../src/actions/test-auth.ts";
import { readConfig, type Config } from "../../src/project/config.ts";
import { close, listen } from "../support/http.ts";
import { createProject, type Project } from "../support/project.ts";
import { createDeps } from "../support/rebuild-target.ts";
import { runCli } from "../support/run-cli.ts";
import { skipSqld, startSqld } from "../support/sqld.ts";
import { createTokenKeys, mintToken } from "../support/tokens.ts";

const MODELS = {
  "all.ts": `import { integer, sqliteTable } from "drizzle-orm/sqlite-core";
export const users = sqliteTable("users", { id: integer().primaryKey() });
`,
};

/** Every string a token may be to us, long enough not to stand in a text by chance. */
const secrets = fc.oneof(
  fc
    .base64String({ minLength: 24, maxLength: 400 })
    .filter((text) => !/^bearer/i.test(text) && text.length >= 24),
  fc
    .array(fc.integer({ min: 0x21, max: 0x7e }), { minLength: 16, maxLength: 300 })
    .map((codes) => String.fromCharCode(...codes))
    .filter((text) => !/["'`]|^bearer\b/i.test(text)),
  fc
    .tuple(fc.base64String({ minLength: 16 }), fc.base64String({ minLength: 16 }))
    .map(([a, b]) => `eyJhbGciOiJFZERTQSJ9.${a}.${b}`),
);

/** Where a part of twelve characters of the secret stands in the text, with what is around it. */
function leaks(text: string, secret: string): string[] {
  const parts = Array.from({ length: Math.max(secret.length - 11, 1) }, (_, at) => secret.slice(at, at + 12));
  const found = parts.find((part) => text.includes(part));
  return found === undefined ? [] : [text.slice(Math.max(text.indexOf(found) - 200, 0)).slice(0, 400)];
}

/** What a command gives or throws, with stacks, causes and hidden properties. */
async function told(run: () => unknown): Promise<string> {
  const value: unknown = await Promise.resolve()
    .then(run)
    .catch((error: unknown) => error);
  const stack = value instanceof Error ? value.stack : "";
  return `${inspect(value, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null })}\n${stack}\n${JSON.stringify(value)}`;
}

/** A server that says back all it was told, as proxies do on their error pages. */
function startEcho() {
  let status = 401;
  let wrap = (text: string): string => text;
  const server = createServer((request, response) => {
    const head = `${"x".repeat(170)} ${request.headers.authorization ?? ""} ${request.url}`;
    response.writeHead(status, { "x-echo": String(request.headers.authorization).slice(0, 400) });
    response.end(wrap(head));
  });
  return {
    server,
    say: (code: number, how: (text: string) => string) => {
      status = code;
      wrap = how;
    },
  };
}

const BODIES = [
  (text: string) => text,
  (text: string) => JSON.stringify({ error: text }),
  (text: string) => `<html><body><pre>${text}</pre></body></html>`,
  (text: string) =>
    JSON.stringify({ results: [{ type: "error", error: { message: text, code: "SQLITE_AUTH" } }] }),
  (text: string) =>
    JSON.stringify({
      results: [
        {
          type: "ok",
          response: { type: "batch", result: { step_results: [null], step_errors: [{ message: text }] } },
        },
      ],
    }),
];

describe("a secret", () => {
  const echo = startEcho();
  let project: Project;
  let url = "";
  beforeAll(async () => {
    project = await createProject({ models: MODELS });
    url = `http://127.0.0.1:${await listen(echo.server)}`;
  });
  afterAll(async () => {
    await close(echo.server);
    await project[Symbol.asyncDispose]();
  });

  const everything = async (config: Partial<Config>): Promise<string> => {
    const deps = createDeps(project, config);
    const runs = [
      () => dbInfo(deps),
      () => testAuth(deps),
      () => prepareRebuild(deps, {}),
      () => protectDatabase(deps, { reason: null }),
    ];
    return (await Promise.all(runs.map(told))).join("\n");
  };

  test("that a server says back is in no result, error, stack or cause", async () => {
    const status = fc.constantFrom(200, 400, 401, 403, 404, 429, 500, 502);
    await fc.assert(
      fc.asyncProperty(secrets, status, fc.constantFrom(...BODIES), async (secret, code, wrap) => {
        echo.say(code, wrap);
        const set = (value: string) => ({ value, origin: "test" });
        const text = await everything({ url: set(url), authToken: set(secret), remoteOnly: true });
        expect(leaks(text, secret)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test("in an address, wherever it stands there, is in no result, error, stack or cause", async () => {
    const BEFORE_HOST = (secret: string) => url.replace("//", `//${secret}@`);
    const places = [
      (secret: string) => `${url}?authToken=${secret}`,
      (secret: string) => `${url}/?authToken=${secret}&x=1`,
      (secret: string) => `${url}?jwt=${secret}`,
      (secret: string) => `${url}?${secret}`,
      (secret: string) => `${url}/${secret}`,
      (secret: string) => `${url}#${secret}`,
      (secret: string) => url.replace("//", `//me:${secret}@`),
      BEFORE_HOST,
      (secret: string) => `${secret}://host`,
      (secret: string) => secret,
      (secret: string) => ` ${url} ${secret}`,
    ];
    await fc.assert(
      fc.asyncProperty(
        secrets,
        fc.constantFrom(...places),
        fc.boolean(),
        async (secret, place, isEncoded) => {
          echo.say(401, BODIES[0] ?? String);
          const written = isEncoded ? encodeURIComponent(secret) : secret;
          const address = { value: place(written), origin: "test" };
          const text = await everything({ url: address, remoteOnly: true });
          expect([...leaks(text, written), ...leaks(text, secret)]).toEqual([]);
        },
      ),
      // A slash ends what could be a host: the beginning of this secret looks like one.
      { numRuns: 150, examples: [["eyJhbGciOiJFZERTQSJ9.A/AAAAAAAAAAAAAAAA==", BEFORE_HOST, false]] },
    );
  });
});

describe("a secret where a path belongs", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const places = [
    (secret: string) => `libsql://x.turso.io?authToken=${secret}`,
    (secret: string) => `libsql://x.turso.io/${secret}`,
    (secret: string) => `libsql://x.turso.io#${secret}`,
    (secret: string) => `https://me:${secret}@x.turso.io`,
    (secret: string) => `x.turso.io?authToken=${secret}`,
    (secret: string) => `file:local.db?authToken=${secret}`,
    (secret: string) => `file:local.db#${secret}`,
    (secret: string) => `file:libsql://me:${secret}@x.turso.io`,
    (secret: string) => `file:///local.db?authToken=${secret}`,
    (secret: string) => `file://x.turso.io/local.db?authToken=${secret}`,
    (secret: string) => `file://[x?authToken=${secret}`,
  ];

  test("is in no setting, error, stack or cause, whichever variable or flag gives it", async () => {
    const ways = fc.constantFrom("--database", "LOCAL_DB_PATH", "TURSO_DATABASE_URL");
    const read = (way: string, text: string) => {
      vi.stubEnv("LOCAL_DB_PATH", way === "LOCAL_DB_PATH" ? text : "");
      vi.stubEnv("TURSO_DATABASE_URL", way === "TURSO_DATABASE_URL" ? text : "");
      return settingsOf(readConfig("/nowhere", way === "--database" ? { database: text } : {}));
    };
    await fc.assert(
      fc.asyncProperty(secrets, ways, fc.constantFrom(...places), async (secret, way, place) => {
        expect(leaks(await told(() => read(way, place(secret))), secret)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("is in no setting, error, stack or cause, whichever variable or flag of a folder gives it", async () => {
    const folders = [
      ["models", "CLEAN_SLATE_MODELS"],
      ["out", "CLEAN_SLATE_OUT"],
      ["backupDir", "CLEAN_SLATE_BACKUP_DIR"],
    ] as const;
    const ways = folders.flatMap(([name, variable]) => [
      (text: string) => readConfig("/nowhere", { [name]: text }),
      (text: string) => {
        vi.unstubAllEnvs();
        vi.stubEnv(variable, text);
        return readConfig("/nowhere", {});
      },
    ]);
    const addresses = places.filter((place) => /:\/\/|authToken=/.test(place("")));
    const token = (secret: string) => `backups/eyJhbGciOiJFZERTQSJ9.${secret.replaceAll(".", "_")}.AA`;
    const written = fc.constantFrom(...addresses, token);
    await fc.assert(
      fc.asyncProperty(secrets, fc.constantFrom(...ways), written, async (secret, read, place) => {
        const text = await told(() => settingsOf(read(place(secret))));
        expect([...leaks(text, secret), ...leaks(text, secret.replaceAll(".", "_"))]).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

/** Every file below a folder, but the links and what holds the secret by right. */
function filesBelow(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isSymbolicLink() || entry.name === ".env") return [];
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

describe.skipIf(skipSqld)("the token of a real primary", () => {
  test("is in no output and no file of a whole session, and what is private is readable by its owner only", async () => {
    const keys = createTokenKeys();
    await using sqld = await startSqld({ auth: keys });
    const token = mintToken(keys, {
      claims: { note: "a claim that makes it long".repeat(3) },
    });
    await using project = await createProject({
      models: MODELS,
      env: { TURSO_DATABASE_URL: sqld.url, TURSO_AUTH_TOKEN: token, CLEAN_SLATE_TIMEOUT: "3" },
    });
    const outputs: string[] = [];
    const cli = async (...args: string[]) => {
      const { code, stdout, stderr } = await runCli(args, { cwd: project.dir });
      outputs.push(stdout, stderr);
      return code;
    };
    expect(await cli("generate-migration")).toBe(0);
    expect(await cli("apply-migration", "--yes")).toBe(0);
    expect(await cli("apply-migration", "--yes", "--json")).toBe(0);
    expect(await cli("test-auth")).toBe(0);
    expect(await cli("db-info", "--json")).toBe(0);
    expect(await cli("sync")).toBe(0);
    expect(await cli("protect", "--json")).toBe(0);
    expect(await cli("apply-migration", "--yes")).toBe(1);
    await sqld.kill();
    for (const command of ["db-info", "test-auth", "sync"]) await cli(command, "--json");
    expect(leaks(outputs.join("\n"), token)).toEqual([]);

    const files = filesBelow(project.dir);
    expect(files.length).toBeGreaterThan(3);
    for (const path of files)
      expect({ path, leaks: leaks(readFileSync(path, "latin1"), token) }).toEqual({ path, leaks: [] });
    const shared = filesBelow(join(project.dir, ".clean-slate")).filter(
      (path) => !path.endsWith(".gitignore") && (statSync(path).mode & 0o077) !== 0,
    );
    expect(process.platform === "win32" ? [] : shared).toEqual([]);
  });

  test("is not in the lock that a running rebuild holds", async () => {
    await using sqld = await startSqld();
    await using project = await createProject({ models: MODELS });
    const set = (value: string) => ({ value, origin: "test" });
    const secret = "a-token-that-nobody-checks-here";
    const deps = createDeps(project, { url: set(sqld.url), authToken: set(secret), remoteOnly: true });
    const prepared = await prepareRebuild(deps, {});
    const running = performRebuild(deps, prepared);
    const [lock = ""] = filesBelow(project.dir).filter((path) => path.endsWith("-lock"));
    expect(JSON.parse(readFileSync(lock, "utf8"))).toMatchObject({ pid: process.pid });
    expect(leaks(readFileSync(lock, "utf8"), secret)).toEqual([]);
    expect(leaks(await told(() => running), secret)).toEqual([]);
  });
});
