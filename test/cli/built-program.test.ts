import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFile, cp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { createTemporaryFolder, repoPath } from "../support/paths.ts";
import { runCli } from "../support/run-cli.ts";

const run = promisify(execFile);
const tsx = createRequire(import.meta.url).resolve("tsx/cli");
const MARK = "as it was built";

/** Writes a mark into the built program, as if it had been built so. */
async function mark(folder: string): Promise<void> {
  await writeFile(join(folder, "dist", "cli", "help.json"), JSON.stringify({ "npx tsx manage.ts": MARK }));
  const path = join(folder, "dist", "cli", "sources.json");
  const { files } = JSON.parse(await readFile(path, "utf8")) as { readonly files: readonly string[] };
  expect(files).toEqual(
    expect.arrayContaining(["src/actions/perform-restore.ts", "package.json", "dist/cli/bin.js"]),
  );
  const hash = createHash("sha256");
  for (const file of files) hash.update(await readFile(join(folder, file))).update("\0");
  await writeFile(path, JSON.stringify({ files, hash: hash.digest("hex") }));
}

test("manage.ts runs what was built, as long as that is whole and made of the sources that are there", async () => {
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
  await mark(folder.dir);
  expect(await helpOf()).toBe(MARK);

  const source = inside("src", "actions", "perform-restore.ts");
  const text = await readFile(source, "utf8");
  await appendFile(source, "// edited\n");
  expect(await helpOf()).toBe(fromSources);
  await writeFile(source, "export const broken = ;\n");
  await expect(build()).rejects.toThrow("perform-restore.ts");
  await writeFile(source, text);
  expect(await helpOf()).toBe(MARK); // nothing of it was touched

  await writeFile(inside("dist", "cli", "old.js"), "");
  await build();
  expect(await helpOf()).toBe(fromSources);
  expect(await readdir(inside("dist", "cli"))).not.toContain("old.js");
  await mark(folder.dir);
  expect(await helpOf()).toBe(MARK);
  await rm(inside("dist", "cli", "program.js"));
  expect(await helpOf()).toBe(fromSources);
});
