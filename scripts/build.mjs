// node scripts/build.mjs [--program]: the program into dist/cli, without --program also the library beside it.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(repository, "dist");
const manifest = JSON.parse(readText("package.json"));

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
const SOURCES = "sources.json";
// The worker is a file of its own because it is started by its path, next to what starts it.
const WORKER = { "replica-worker": "src/database/replica-worker.ts" };

// Under --import Node looks through the whole text of what it starts, for exports.
const BIN = '#!/usr/bin/env node\nrequire("./start.js");\n';

const { packages: _, ...SHARED } = OPTIONS;
const COMMONJS = {
  ...SHARED,
  splitting: false,
  format: "cjs",
  entryPoints: { start: "src/cli/start.ts", program: "src/cli/command-line.ts", ...WORKER },
  external: [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)],
  supported: { "dynamic-import": false },
  define: { "import.meta.url": "importMetaUrl" },
  banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
  write: false,
  metafile: true,
};

/** What imports the user's modules stays outside of the program, of which V8 keeps what it compiled: that cannot import. */
const IMPORTING = { "import-module": "src/project/import-module.ts" };
const importingElsewhere = {
  name: "importing-elsewhere",
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/import-module\.ts$/ }, () => ({ path: "./import-module.js", external: true })),
};

await buildProgram();
if (!process.argv.includes("--program")) {
  clear(dist, new Set([join(dist, "cli")]));
  await buildLibrary();
  writeDeclarations();
}

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
  // for --require, which needs no loader of modules
  await build({
    ...OPTIONS,
    splitting: false,
    format: "cjs",
    outfile: "dist/register.cjs",
    entryPoints: ["src/register.ts"],
  });
}

/**
 * The program is CommonJS, which Node starts faster, and one file, of which V8 keeps what it compiled; what every command loads,
 * commander, is part of it. It may be running meanwhile: what has not changed is not touched.
 */
async function buildProgram() {
  const outdir = join(dist, "cli");
  const builds = [
    await build({ ...COMMONJS, outdir, plugins: [importingElsewhere] }),
    await build({ ...COMMONJS, outdir, entryPoints: IMPORTING, supported: {} }),
  ];
  mkdirSync(outdir, { recursive: true });
  rmSync(join(outdir, SOURCES), { force: true }); // until all is there, nothing runs it instead of the sources
  const placed = [
    place(join(outdir, "package.json"), '{ "type": "commonjs" }\n'),
    place(join(outdir, "LICENSE-commander"), readText("node_modules/commander/LICENSE")),
    place(join(outdir, "bin.js"), BIN, 0o755),
    ...builds.flatMap(({ outputFiles }) => outputFiles.map(({ path, text }) => place(path, text))),
  ];
  placed.push(place(join(outdir, "help.json"), JSON.stringify(helpTexts(outdir))));
  clear(outdir, new Set(placed));
  const made = placed.map((path) => relative(repository, path));
  writeFileSync(join(outdir, SOURCES), JSON.stringify(sourcesOf(builds, made)));
}

/** What the program is made of, and its own files: `manage.ts` runs it as long as none of them has changed. */
function sourcesOf(builds, made) {
  const inputs = builds.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  const files = [...inputs, "package.json", "scripts/build.mjs", ...made];
  const hash = createHash("sha256");
  for (const file of files) hash.update(readText(file)).update("\0");
  return { files, hash: hash.digest("hex") };
}

/** The help, by how the program is called: it is asked for more often than it changes. */
function helpTexts(cwd) {
  const helpOf = (program) => {
    const script = `process.argv.splice(1, 0, ${JSON.stringify(program)}, "help"); require("./bin.js")`;
    return execFileSync(process.execPath, ["--eval", script], { cwd, encoding: "utf8" });
  };
  return { "npx tsx manage.ts": helpOf("manage.ts"), "npx clean-slate": helpOf("clean-slate") };
}

/** Answers the path. Who reads the file meanwhile reads the old text or the new one. */
function place(path, text, mode = 0o644) {
  if (existsSync(path) && readFileSync(path, "utf8") === text) return path;
  writeFileSync(`${path}.new`, text, { mode });
  renameSync(`${path}.new`, path);
  return path;
}

/** Removes what is in a folder besides `kept`. */
function clear(folder, kept) {
  const paths = readdirSync(folder).map((name) => join(folder, name));
  for (const path of paths) if (!kept.has(path)) rmSync(path, { recursive: true });
}

function readText(path) {
  return readFileSync(join(repository, path), "utf8");
}

function writeDeclarations() {
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  execFileSync(process.execPath, [tsc, "--project", "tsconfig.build.json"], {
    cwd: repository,
    stdio: "inherit",
  });
  copyFileSync(join(dist, "register.d.ts"), join(dist, "register.d.cts"));
}
