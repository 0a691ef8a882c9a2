import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(repository, "dist");

rmSync(dist, { recursive: true, force: true });
await build({
  absWorkingDir: repository,
  // The worker is a file of its own because it is started by its path, next to the chunks that start it.
  entryPoints: {
    bin: "src/cli/bin.ts",
    index: "src/index.ts",
    "testing/index": "src/testing/index.ts",
    "testing/vitest": "src/testing/vitest.ts",
    "testing/global-setup": "src/testing/global-setup.ts",
    register: "src/register.ts",
    "replica-worker": "src/database/replica-worker.ts",
  },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  packages: "external",
  chunkNames: "chunk-[hash]",
  logLevel: "warning",
});
makeProgram(join(dist, "bin.js"));
writeDeclarations();

function makeProgram(path) {
  const code = readFileSync(path, "utf8");
  if (!code.startsWith("#!")) writeFileSync(path, `#!/usr/bin/env node\n${code}`);
  chmodSync(path, 0o755);
}

function writeDeclarations() {
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  execFileSync(process.execPath, [tsc, "--project", "tsconfig.build.json"], {
    cwd: repository,
    stdio: "inherit",
  });
}
