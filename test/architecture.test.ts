import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";
import { repository } from "./support/paths.ts";

/** What a folder may import besides itself and what everything shares: the folders to its right. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "manage.ts": ["cli"],
  cli: ["actions", "database", "project", "plan", "schema", "sql"],
  "index.ts": ["actions", "database", "project", "plan", "schema", "sql"],
  "register.ts": [],
  testing: ["actions", "database", "project", "plan", "schema", "sql"],
  actions: ["database", "project", "plan", "schema", "sql"],
  database: ["plan", "schema", "sql"],
  project: ["plan", "schema", "sql"],
  plan: ["schema", "sql"],
  schema: ["sql"],
  sql: [],
};
const SHARED = ["alive.ts", "errors.ts", "folders.ts", "version.ts"];
const PURE = new Set(["plan", "schema", "sql"]);

const sources = readdirSync(join(repository, "src"), { recursive: true, encoding: "utf8" }).map((name) =>
  join("src", name),
);
const files = [...readdirSync(repository).filter((name) => name === "manage.ts"), ...sources]
  .filter((path) => path.endsWith(".ts"))
  .map((path) => {
    const source = readFileSync(join(repository, path), "utf8");
    const spoken = source.replaceAll(/\/\*[^]*?\*\/|(?<=^|\s)\/\/.*$/gm, "");
    const imports = [...spoken.matchAll(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(
      (match) => match[1] ?? "",
    );
    const code = spoken.replaceAll(/"(?:[^"\\\n]|\\.)*"/g, '""');
    return { path, folder: folderOf(path), source, code, imports };
  });

function folderOf(path: string): string {
  return path.split(/[/\\]/).filter((part) => part !== "src")[0] ?? path;
}

/** Each import as `file -> what it imports`, where `isWrong` says so. */
function wrongImports(isWrong: (folder: string, imported: string) => boolean): string[] {
  return files.flatMap(({ path, folder, imports }) =>
    imports
      .map((name) =>
        name.startsWith(".") ? relative(repository, join(repository, dirname(path), name)) : name,
      )
      .filter((imported) => isWrong(folder, imported))
      .map((imported) => `${path} -> ${imported}`),
  );
}

function filesWith(pattern: RegExp): string[] {
  return files.filter(({ code }) => pattern.test(code)).map(({ path }) => path);
}

test("a file imports from its own folder, from errors, or from folders to the right of its own", () => {
  const isWrong = (folder: string, imported: string) =>
    /^(src|manage\.ts|test|models)\b/.test(imported) &&
    ![folder, ...SHARED, ...(MAY_IMPORT[folder] ?? [])].includes(folderOf(imported));
  expect(wrongImports(isWrong)).toEqual([]);
  expect(
    files.map(({ folder }) => folder).filter((folder) => !SHARED.includes(folder) && !(folder in MAY_IMPORT)),
  ).toEqual([]);
});

test("plan, schema and sql are pure: no module of Node's but its hashes, no driver, no clock, no chance", () => {
  const isEffect = (imported: string) =>
    (isBuiltin(imported) && imported !== "node:crypto") ||
    /^src[/\\](alive|folders)\.ts$/.test(imported) ||
    /^(@libsql\/|libsql$|better-sqlite3|drizzle-orm\/(?!sqlite-core))/.test(imported);
  expect(wrongImports((folder, imported) => PURE.has(folder) && isEffect(imported))).toEqual([]);
  const impure = files.filter(
    ({ folder, code }) =>
      PURE.has(folder) &&
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random|\brandom(UUID|Bytes|Int)\b|\bprocess\./.test(code),
  );
  expect(impure.map(({ path }) => path)).toEqual([]);
});

test("the environment is read in one file of src/project, the exit code set in one of src/cli, and nothing exits", () => {
  const isIn = (folder: string) => (path: string) => path.startsWith(join("src", folder));
  expect(filesWith(/\bprocess\.exit\(|\bprocess\.(abort|reallyExit)\b/)).toEqual([]);
  expect(wrongImports((_, imported) => imported === "node:process")).toEqual([]);
  const environment = filesWith(/\bprocess\.env\b/);
  expect(environment.length).toBeLessThanOrEqual(1);
  expect(environment.filter((path) => !isIn("project")(path))).toEqual([]);
  expect(filesWith(/\bprocess\.exitCode\s*=/).filter(isIn("cli")).length).toBeLessThanOrEqual(1);
});

test("only src/cli/output.ts writes to stdout and stderr", () => {
  const writers = filesWith(
    /\bprocess\.(stdout|stderr)\.(write|end|pipe)\b|\bpipe\(process\.std|\bconsole\./,
  );
  expect(writers.filter((path) => path !== join("src", "cli", "output.ts"))).toEqual([]);
});

test("no file is longer than 300 lines", () => {
  const tooLong = files.filter(({ source }) => source.split("\n").length > 301);
  expect(tooLong.map(({ path }) => path)).toEqual([]);
});
