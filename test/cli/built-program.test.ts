import { execFile } from "node:child_process";
import { appendFile, cp, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { createTemporaryFolder, repoPath } from "../support/paths.ts";
import { runCli } from "../support/run-cli.ts";

const run = promisify(execFile);
const tsx = createRequire(import.meta.url).resolve("tsx/cli");
const MARK = "as it was built";

test("manage.ts runs what was built, as long as it is made of the sources that are there", async () => {
  await using folder = await createTemporaryFolder("built");
  const inside = (...parts: readonly string[]) => join(folder.dir, ...parts);
  for (const name of ["manage.ts", "package.json", "scripts", "src"])
    await cp(repoPath(name), inside(name), { recursive: true });
  await symlink(repoPath("node_modules"), inside("node_modules"));
  const build = () => run(process.execPath, [inside("scripts", "build.mjs"), "--program"]);
  const helpOf = async () => {
    const program = [process.execPath, tsx, inside("manage.ts")] as const;
    const { code, stdout, stderr } = await runCli(["--help"], { cwd: folder.dir, program });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return stdout;
  };
  const fromSources = await helpOf();
  expect(fromSources).toContain("Usage: npx tsx manage.ts");
  await build();
  expect(await helpOf()).toBe(fromSources);

  await writeFile(inside("dist", "cli", "help.json"), JSON.stringify({ "npx tsx manage.ts": MARK }));
  expect(await helpOf()).toBe(MARK);
  await appendFile(inside("src", "actions", "prepare-restore.ts"), "// edited\n");
  expect(await helpOf()).toBe(fromSources);

  await writeFile(inside("dist", "cli", "chunk-old.js"), "");
  await build();
  expect(await helpOf()).toBe(fromSources);
  expect(await readdir(inside("dist", "cli"))).not.toContain("chunk-old.js");
  const { files } = JSON.parse(await readFile(inside("dist", "cli", "sources.json"), "utf8")) as {
    readonly files: readonly string[];
  };
  expect(files).toEqual(expect.arrayContaining(["src/actions/prepare-restore.ts", "package.json"]));
});
