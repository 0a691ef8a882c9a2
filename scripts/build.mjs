import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(repository, "dist");
const manifest = JSON.parse(readFileSync(join(repository, "package.json"), "utf8"));

/** Dependencies stay outside; what is imported lazily becomes a file of its own. */
const OPTIONS = {
  absWorkingDir: repository,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  packages: "external",
  chunkNames: "chunk-[hash]",
  logLevel: "warning",
};
// The worker is a file of its own because it is started by its path, next to the chunks that start it.
const WORKER = { "replica-worker": "src/database/replica-worker.ts" };

rmSync(dist, { recursive: true, force: true });
await Promise.all([buildProgram(), buildLibrary()]);
writeDeclarations();

async function buildLibrary() {
  await build({
    ...OPTIONS,
    outdir: "dist",
    entryPoints: {
      index: "src/index.ts",
      "testing/index": "src/testing/index.ts",
      "testing/vitest": "src/testing/vitest.ts",
      "testing/global-setup": "src/testing/global-setup.ts",
      register: "src/register.ts",
      ...WORKER,
    },
  });
}

/**
 * The program is CommonJS, which Node starts faster; esbuild splits only ES modules, so they are turned one by one. What every command
 * loads, commander, is part of it.
 */
async function buildProgram() {
  const outdir = join(dist, "cli");
  const entryPoints = { bin: "src/cli/bin.ts", ...WORKER };
  const { packages: _, ...options } = OPTIONS;
  const external = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];
  const { outputFiles } = await build({ ...options, external, outdir, entryPoints, write: false });
  mkdirSync(outdir, { recursive: true });
  writeFileSync(join(outdir, "package.json"), '{ "type": "commonjs" }\n');
  await Promise.all(outputFiles.map(writeCommonJs));
  makeProgram(join(outdir, "bin.js"));
  copyFileSync(join(repository, "node_modules/commander/LICENSE"), join(outdir, "LICENSE-commander"));
  writeHelp(outdir);
}

/** The help, by how the program is called: it is asked for more often than it changes. */
function writeHelp(outdir) {
  const helpOf = (program) => {
    const script = `process.argv.splice(1, 0, ${JSON.stringify(program)}, "--help"); require("./bin.js")`;
    return execFileSync(process.execPath, ["--eval", script], { cwd: outdir, encoding: "utf8" });
  };
  const texts = { "npx tsx manage.ts": helpOf("manage.ts"), "npx clean-slate": helpOf("clean-slate") };
  writeFileSync(join(outdir, "help.json"), JSON.stringify(texts));
}

async function writeCommonJs({ path, text }) {
  const { code } = await transform(text, {
    format: "cjs",
    platform: "node",
    target: "node20",
    supported: { "dynamic-import": false },
    define: { "import.meta.url": "importMetaUrl" },
    banner: text.includes("import.meta.url")
      ? 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;'
      : "",
    logLevel: "warning",
  });
  writeFileSync(path, code);
}

function makeProgram(path) {
  const shebang = "#!/usr/bin/env node\n";
  writeFileSync(path, shebang + readFileSync(path, "utf8"));
  chmodSync(path, 0o755);
}

function writeDeclarations() {
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  execFileSync(process.execPath, [tsc, "--project", "tsconfig.build.json"], {
    cwd: repository,
    stdio: "inherit",
  });
}
