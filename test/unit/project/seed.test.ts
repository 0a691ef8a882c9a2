import { once } from "node:events";
import { existsSync, readdirSync, statSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { buildSync } from "esbuild";
import { expect, test } from "vitest";
import { loadSeed } from "../../../src/project/seed.ts";
import { createTemporaryFolder, repoPath } from "../../support/paths.ts";

/** A workspace with packages installed in its root, and a seed in one of its packages, which has no `node_modules`. */
async function createWorkspace(seed: string) {
  const folder = await createTemporaryFolder("seed");
  const root = join(folder.dir, "packages", "app");
  await mkdir(root, { recursive: true });
  await mkdir(join(folder.dir, "node_modules", "greeting"), { recursive: true });
  await writeFile(join(folder.dir, "node_modules", "greeting", "index.js"), `exports.greeting = "hello";`);
  await writeFile(join(root, "seed.ts"), seed);
  const cache = join(folder.dir, "node_modules", ".cache", "clean-slate");
  const kept = () => readdirSync(cache).filter((name) => name.startsWith("seed-"));
  return { ...folder, root, cache, kept };
}

const GREETING = `import { greeting } from "greeting"; export default () => greeting;`;
const LARGE = `export default () => ${JSON.stringify("row ".repeat(1_000_000))}.length;`;

/** Tells the sizes a file is seen with until it is over; 0 when the file is not there. */
const WATCH = `const { parentPort, workerData } = require("node:worker_threads");
  const { statSync } = require("node:fs");
  const sizes = new Set();
  const look = () => sizes.add(statSync(workerData.path, { throwIfNoEntry: false })?.size ?? 0);
  parentPort.postMessage("looking");
  while (Atomics.load(workerData.isOver, 0) === 0) look();
  parentPort.postMessage([...sizes]);`;

/** Loads a seed many times in a thread, which gets the project's folder. */
function loadingProgram(): string {
  const contents = `import { workerData } from "node:worker_threads";
    import { loadSeed } from "./src/project/seed.ts";
    loadSeed(workerData, "seed.ts").then(async (seed) => {
      for (let index = 0; index < 40; index++) await seed.load();
    });`;
  const { outputFiles } = buildSync({
    stdin: { contents, resolveDir: repoPath() },
    bundle: true,
    write: false,
    platform: "node",
    packages: "external",
    define: { "import.meta.url": JSON.stringify(pathToFileURL(repoPath("manage.ts")).href) },
  });
  return outputFiles[0]?.text ?? "";
}

async function ended(worker: Worker): Promise<void> {
  const [code] = (await once(worker, "exit")) as [number];
  expect(code).toBe(0);
}

async function sizesDuring(path: string, work: () => Promise<void>): Promise<unknown> {
  const isOver = new Int32Array(new SharedArrayBuffer(4));
  const watcher = new Worker(WATCH, { eval: true, workerData: { path, isOver } });
  await once(watcher, "message");
  await work().finally(() => Atomics.store(isOver, 0, 1));
  const [sizes] = (await once(watcher, "message")) as unknown[];
  return sizes;
}

test("a seed module finds the packages of its workspace, and makes no node_modules in a package without one", async () => {
  await using workspace = await createWorkspace(GREETING);
  const seed = await loadSeed(workspace.root, "seed.ts");
  if (seed.kind !== "module") throw new Error("it is a module");
  expect((await seed.load())(null as never, null as never)).toBe("hello");
  expect(workspace.kept()).toHaveLength(1);
  expect(existsSync(join(workspace.root, "node_modules"))).toBe(false);
});

/** Every way in which a module says where it is, told by its default export. */
const WHERE = `import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
const { dirname } = import.meta;
export default () => ({
  read: readFileSync(new URL("./rows.json", import.meta.url), "utf8"),
  again: readFileSync(join(import.meta.dirname, "rows.json"), "utf8"),
  resolved: readFileSync(new URL(import.meta.resolve("./rows.json")), "utf8"),
  required: createRequire(import.meta.url)("./rows.json"),
  files: [import.meta.filename, __filename], folders: [dirname, __dirname], greeting: import.meta.resolve("greeting"),
});`;

test.each([
  ["Unix", "\n"],
  ["Windows", "\r\n"],
])(
  "a seed module with lines of %s, and each it imports, is where its source is, and not where it is run",
  async (_, end) => {
    await using workspace = await createWorkspace(`#!/usr/bin/env node${end}
import other from "./data/other.ts"; import common from "./data/common.cjs"; import own from "./data/own.ts";
${WHERE.replace("default () =>", "const here = () =>")}
export default () => ({ here: here(), other: other(), common, own });`);
    const at = (...parts: string[]) => join(workspace.root, ...parts);
    await mkdir(at("data"));
    const files = {
      "rows.json": "[1]",
      "data/rows.json": "[2]",
      "data/other.ts": WHERE,
      "data/common.cjs": `"use strict"; module.exports = [__filename, __dirname];`,
      "data/own.ts": `import { fileURLToPath } from "node:url";
const __filename: string = fileURLToPath(import.meta.url); export default __filename;`,
    };
    for (const [name, text] of Object.entries(files)) await writeFile(at(name), text);
    const seed = await loadSeed(workspace.root, "seed.ts");
    if (seed.kind !== "module") throw new Error("it is a module");
    const found = (folder: string, file: string, row: number) => ({
      read: `[${row}]`,
      again: `[${row}]`,
      resolved: `[${row}]`,
      required: [row],
      files: [file, file],
      folders: [folder, folder],
      greeting: expect.stringMatching(/\/node_modules\/greeting\/index\.js$/) as string,
    });
    expect((await seed.load())(null as never, null as never)).toEqual({
      here: found(workspace.root, at("seed.ts"), 1),
      other: found(at("data"), at("data", "other.ts"), 2),
      common: [at("data", "common.cjs"), at("data")],
      own: at("data", "own.ts"),
    });
  },
);

test("what a seed imports is part of its hash, and what it reads when it runs is not", async () => {
  await using workspace = await createWorkspace(
    `import { rows } from "./rows.ts"; import more from "./more.json"; import { readFileSync } from "node:fs";
export default () => [rows, more, readFileSync(new URL("./read.json", import.meta.url), "utf8")];`,
  );
  const write = (name: string, text: string) => writeFile(join(workspace.root, name), text);
  const hash = async () => (await loadSeed(workspace.root, "seed.ts")).hash;
  await write("rows.ts", "export const rows = [1];");
  await write("more.json", "[2]");
  await write("read.json", "[3]");
  const hashes = [await hash()];
  await write("read.json", "[4]");
  hashes.push(await hash());
  await write("rows.ts", "export const rows = [5];");
  hashes.push(await hash());
  await write("more.json", "[6]");
  hashes.push(await hash());
  expect(hashes[1]).toBe(hashes[0]);
  expect(new Set(hashes).size).toBe(3);
});

test("a seed module is whole at any time: another process may be importing it while threads of this one load it", async () => {
  await using workspace = await createWorkspace(LARGE);
  const load = loadingProgram();
  const loadMany = () => ended(new Worker(load, { eval: true, workerData: workspace.root }));
  await loadMany();
  const path = join(workspace.cache, workspace.kept()[0] ?? "");
  const sizes = await sizesDuring(path, async () => void (await Promise.all([loadMany(), loadMany()])));
  expect(sizes).toEqual([statSync(path).size]);
  expect(workspace.kept()).toHaveLength(1);
});

test("of seed modules only the newest are kept", async () => {
  await using workspace = await createWorkspace("");
  for (let index = 0; index < 14; index++) {
    await writeFile(join(workspace.root, "seed.ts"), `export default () => ${index};`);
    const seed = await loadSeed(workspace.root, "seed.ts");
    if (seed.kind !== "module") throw new Error("it is a module");
    expect((await seed.load())(null as never, null as never)).toBe(index);
  }
  expect(workspace.kept()).toHaveLength(10);
});
