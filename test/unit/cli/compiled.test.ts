import { execFileSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { wrap } from "node:module";
import { join } from "node:path";
import { Script } from "node:vm";
import { describe, expect, test } from "vitest";
import { runCompiled } from "../../../src/cli/compiled.ts";
import { createTemporaryFolder } from "../../support/paths.ts";

/** A text V8 has not seen in this process, as long as any other. */
const says = (word: "one" | "two") => `exports.say = () => "${word}"; // ${randomUUID()}`;

interface Says {
  say(): string;
}

async function createProgram() {
  const folder = await createTemporaryFolder("compiled");
  const path = join(folder.dir, "program.js");
  const cache = join(folder.dir, "node_modules", ".cache", "clean-slate");
  await mkdir(join(folder.dir, "node_modules"));
  const source = says("one");
  await writeFile(path, source);
  return {
    path,
    source,
    /** Runs the program and lets it keep what was compiled. */
    run: (purpose = "greet") => {
      const { exports, keep } = runCompiled<Says>(path, purpose);
      const said = exports.say();
      keep();
      return said;
    },
    kept: join(cache, "program-greet.v8"),
    /** Puts something in its place. */
    keep: async (bytes: Uint8Array) => {
      await mkdir(cache, { recursive: true });
      await writeFile(join(cache, "program-greet.v8"), bytes);
    },
    names: () => readdir(cache).catch(() => []),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** A kept file that holds the code of another program, which V8 takes for that of this one because it is as long. */
function forged(source: string, other: string): Buffer {
  const script = new Script(wrap(other));
  const exports: Partial<Says> = {};
  (script.runInThisContext() as (exports: Partial<Says>) => void)(exports);
  exports.say?.(); // or it would be compiled from the source
  const content = Buffer.concat([Buffer.of(1), script.createCachedData()]);
  return Buffer.concat([createHash("sha256").update(source).update(content).digest(), content]);
}

test("a program finds itself, and what it requires, where it lies", async () => {
  await using program = await createProgram();
  await writeFile(program.path, 'exports.say = () => require("./name.js") + __filename;');
  await writeFile(join(program.path, "..", "name.js"), 'module.exports = "at ";');
  expect(program.run()).toBe(`at ${program.path}`);
  expect(program.run()).toBe(`at ${program.path}`);
});

describe("what V8 made of a program", () => {
  test("is kept", async () => {
    await using program = await createProgram();
    expect(program.run()).toBe("one");
    expect(await program.names()).toEqual(["program-greet.v8"]);
  });

  test("is used", async () => {
    await using program = await createProgram();
    await program.keep(forged(program.source, says("two")));
    expect(program.run()).toBe("two");
  });

  test("is not used for another program", async () => {
    await using program = await createProgram();
    await program.keep(forged(says("one"), says("two")));
    expect(program.run()).toBe("one");
  });

  test.each([0, 31, 32, 33, 100, -1])("is not used when byte %i of it has changed", async (at) => {
    await using program = await createProgram();
    const bytes = forged(program.source, says("two"));
    bytes.writeUInt8(255 - (bytes.at(at) ?? 0), at < 0 ? bytes.length + at : at);
    await program.keep(bytes);
    expect(program.run()).toBe("one");
    expect(await readFile(program.kept)).not.toEqual(bytes);
  });

  test("is not used when it was cut", async () => {
    await using program = await createProgram();
    await program.keep(forged(program.source, says("two")).subarray(0, 20));
    expect(program.run()).toBe("one");
  });

  test("is not looked for in a pipe, whose writer may never come", async () => {
    await using program = await createProgram();
    await mkdir(join(program.kept, ".."), { recursive: true });
    execFileSync("mkfifo", [program.kept]);
    expect(program.run()).toBe("one");
  });

  test("grows with the first eight runs", async () => {
    await using program = await createProgram();
    const writtenAt = async () => (await stat(program.kept, { bigint: true })).mtimeNs;
    for (let run = 1; run <= 8; run += 1) program.run();
    const eighth = await writtenAt();
    program.run();
    expect(await writtenAt()).toBe(eighth);
  });

  test("is kept for no purpose that could be a path", async () => {
    await using program = await createProgram();
    for (const purpose of ["../greet", "", "/greet", "Greet"]) expect(program.run(purpose)).toBe("one");
    expect(await program.names()).toEqual([]);
  });
});
