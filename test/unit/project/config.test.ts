import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readConfig, type ConfigFlags } from "../../../src/project/config.ts";
import { createProject, type Project } from "../../support/project.ts";

const VARIABLES = [
  "TURSO_DATABASE_URL",
  "TURSO_AUTH_TOKEN",
  "LOCAL_DB_PATH",
  "CLEAN_SLATE_MODELS",
  "CLEAN_SLATE_OUT",
  "CLEAN_SLATE_BACKUP_DIR",
  "CLEAN_SLATE_CASING",
  "CLEAN_SLATE_TIMEOUT",
  "CI",
];

let project: Project;
const read = (flags: ConfigFlags = {}) => readConfig(project.dir, flags);

beforeEach(async () => {
  project = await createProject();
  for (const name of VARIABLES) vi.stubEnv(name, "");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await project[Symbol.asyncDispose]();
});

describe("the environment file", () => {
  test("may begin with a byte order mark: its first variable counts", async () => {
    await project.write(".env", "\uFEFFTURSO_DATABASE_URL=libsql://a.turso.io\n");
    expect(read().url?.value).toBe("libsql://a.turso.io");
  });

  test.each(["utf16le", "latin1"] as const)(
    "is refused in %s, where its variables would be lost",
    async (encoding) => {
      await writeFile(project.path(".env"), Buffer.from("LOCAL_DB_PATH=ä.db\n", encoding));
      expect(() => read()).toThrow(/\.env" \(it is not UTF-8 text\)/);
    },
  );
});

describe("a setting", () => {
  test("is the default when nothing is said, and says so", () => {
    const { path, models, out, timeout, url, authToken, casing, isCI, remoteOnly } = read();
    expect({ path, models, out, timeout, url, authToken, casing, isCI, remoteOnly }).toEqual({
      path: { value: project.path("local.db"), origin: "default" },
      models: { value: project.path("models"), origin: "default" },
      out: { value: project.path("migrations/sql"), origin: "default" },
      timeout: { value: 30_000, origin: "default" },
      url: null,
      authToken: null,
      casing: null,
      isCI: false,
      remoteOnly: false,
    });
  });

  test("comes from the flag, else the environment, else .env", async () => {
    await project.write(
      ".env",
      'LOCAL_DB_PATH="from file.db"\nTURSO_AUTH_TOKEN=file-token\nCLEAN_SLATE_TIMEOUT=7\n',
    );
    expect(read().path).toEqual({ value: project.path("from file.db"), origin: project.path(".env") });
    vi.stubEnv("LOCAL_DB_PATH", "environment.db");
    expect(read().path).toEqual({ value: project.path("environment.db"), origin: "environment" });
    expect(read({ database: "flag.db" }).path).toEqual({
      value: project.path("flag.db"),
      origin: "--database",
    });
    expect(read({ timeout: "0.5" }).timeout).toEqual({ value: 500, origin: "--timeout" });
    expect(read()).toMatchObject({ timeout: { value: 7000 }, authToken: { value: "file-token" } });
  });

  test("that is empty counts as not set", async () => {
    await project.write(".env", "LOCAL_DB_PATH=\nTURSO_DATABASE_URL=\n");
    expect(read()).toMatchObject({ path: { origin: "default" }, url: null });
  });

  test("may come from another file, which must be there", async () => {
    await project.write("other.env", "LOCAL_DB_PATH=other.db\n");
    expect(read({ envFile: "other.env" }).path.value).toBe(project.path("other.db"));
    expect(() => read({ envFile: "gone.env" })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining("gone.env") }),
    );
  });
});

describe("the local path", () => {
  test.each([
    ["file:a.db", "a.db"],
    ["file:./sub/a.db", "sub/a.db"],
    ["./a b.db", "a b.db"],
    ["ünï.db", "ünï.db"],
  ])("%s is %s", (given, expected) => {
    expect(read({ database: given }).path.value).toBe(project.path(expected));
  });

  test("may be a file URL with escapes, or stand in TURSO_DATABASE_URL", () => {
    vi.stubEnv("TURSO_DATABASE_URL", "file:///tmp/a%20b.db");
    expect(read()).toMatchObject({ path: { value: "/tmp/a b.db", origin: "environment" }, url: null });
    expect(read({ database: "own.db" })).toMatchObject({
      path: { value: project.path("own.db") },
      url: null,
    });
  });

  test.each([
    [":memory:"],
    ["libsql://a.turso.io"],
    ["eyJhbGciOiJFZERTQSJ9.e30.AA"],
    ["a?mode=ro"],
    ["file:a.db?cache=shared"],
    ["a#b"],
    ["file::memory:"],
    ["file:"],
    ["file://host/a.db"],
    [""],
  ])("%j is refused", (database) => {
    expect(() => read({ database })).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  test("that is refused is named by its variable and by what is wrong with it", () => {
    const message = (text: string) => expect.objectContaining({ message: expect.stringContaining(text) });
    expect(() => read({ database: "a.db?mode=ro" })).toThrow(
      message('--database is not a path of a database file: it holds "?"'),
    );
    vi.stubEnv("TURSO_DATABASE_URL", "file://host/a.db");
    expect(() => read()).toThrow(
      message("TURSO_DATABASE_URL (environment) is not a path of a database file: it is not a file URL"),
    );
    vi.stubEnv("LOCAL_DB_PATH", "libsql://a.turso.io");
    expect(() => read()).toThrow(
      message("LOCAL_DB_PATH (environment) is not a path of a database file: it is an address"),
    );
  });
});

describe("a folder", () => {
  const ways = [
    ["models", "--models", "CLEAN_SLATE_MODELS"],
    ["out", "--out", "CLEAN_SLATE_OUT"],
    ["backupDir", "--backup-dir", "CLEAN_SLATE_BACKUP_DIR"],
  ] as const;

  test.each(ways)("is no address and no token: %s", (name, flag, variable) => {
    const refused = (given: string, fault: string) =>
      expect.objectContaining({
        code: "CONFIG_INVALID",
        message: `${given} is not a path of a folder: it ${fault}`,
      });
    expect(() => read({ [name]: "libsql://a.turso.io" })).toThrow(refused(flag, "is an address"));
    expect(() => read({ [name]: "a/eyJhbGciOiJFZERTQSJ9.e30.AA" })).toThrow(
      refused(flag, "looks like a token"),
    );
    vi.stubEnv(variable, "https://me:secret@a.turso.io");
    expect(() => read()).toThrow(refused(`${variable} (environment)`, "is an address"));
  });

  test.each(["C://models", "models/eyJafjallajokull", "a b", "c#", "x@y:z", "../out?"])(
    "may be %j",
    (out) => {
      expect(read({ out }).out).toEqual({ value: resolve(project.dir, out), origin: "--out" });
    },
  );
});

test("an environment file is no address", () => {
  expect(() => read({ envFile: "libsql://a.turso.io" })).toThrow(
    expect.objectContaining({ message: "--env-file is not a path of a file: it is an address" }),
  );
});

test.each(["0", "-1", "abc", "1e9", "", "NaN", "3601"])("a timeout of %j is refused", (timeout) => {
  expect(() => read({ timeout })).toThrow(
    expect.objectContaining({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("seconds above 0 and up to 3600"),
    }),
  );
});

test("a casing is one of two words", () => {
  expect(read({ casing: "snake_case" }).casing).toEqual({ value: "snake_case", origin: "--casing" });
  expect(() => read({ casing: "kebab" })).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
});

test.each([
  ["1", true],
  ["true", true],
  ["0", false],
  ["false", false],
  ["", false],
])("CI=%s means %s", (value, expected) => {
  vi.stubEnv("CI", value);
  expect(read().isCI).toBe(expected);
});
