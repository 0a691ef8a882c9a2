import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this repository. */
export const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A path inside the repository. */
export function repoPath(...parts: readonly string[]): string {
  return join(repository, ...parts);
}

export interface TemporaryFolder extends AsyncDisposable {
  readonly dir: string;
}

/** Makes a folder of its own under the system's temporary folder, without symbolic links in its path; disposing removes it. */
export async function createTemporaryFolder(name: string): Promise<TemporaryFolder> {
  const dir = await mkdtemp(join(await realpath(tmpdir()), `clean-slate-${name}-`));
  return {
    dir,
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true, maxRetries: 5 }),
  };
}
