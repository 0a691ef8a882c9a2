import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, test } from "vitest";
import { resultOf } from "../support/run-cli.ts";
import { runProgram, startProgram } from "../support/run-program.ts";
import { skipSqld } from "../support/sqld.ts";

const HEAD = `
  import { readdirSync } from "node:fs";
  import { createTestDatabase, buildTemplate } from "./src/testing/index.ts";
  import * as schema from "./test/support/shop.ts";`;

/** Opens a database of each driver, with a server where there may be one, and says where they are. */
const OPEN = `${HEAD}
  const opened = [];
  for (const driver of ["libsql"${skipSqld ? "" : ', "sqld", "replica"'}]) opened.push(await createTestDatabase({ schema, driver }));
  console.log(JSON.stringify({ pid: process.pid, urls: opened.map(({ url }) => url).filter((url) => url.startsWith("http")) }));`;

interface Said {
  readonly pid: number;
  readonly urls: readonly string[];
}

function foldersOf({ pid }: Said): string[] {
  return ["/dev/shm", tmpdir()]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder))
    .filter((name) => name.startsWith(`clean-slate-test-${pid}-`));
}

const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/health`).then(
    () => true,
    () => false,
  );

async function expectNothingLeft(said: Said): Promise<void> {
  expect(foldersOf(said)).toEqual([]);
  await expect.poll(() => Promise.all(said.urls.map(answers))).toEqual(said.urls.map(() => false));
}

describe("a process with open test databases", () => {
  test.each([
    ["forgets to dispose them", "", 0],
    ["fails", "; setTimeout(() => { throw new Error('crash'); })", 1],
    ["is told to exit", "; process.exit(3)", 3],
  ])("leaves nothing behind when it %s", async (_, end, code) => {
    const result = await runProgram(`${OPEN}${end}`);
    expect(result.code).toBe(code);
    await expectNothingLeft(JSON.parse(result.stdout) as Said);
  });

  test("leaves nothing behind when it is interrupted, and ends by that", async () => {
    const child = startProgram(`${OPEN}; setInterval(() => {}, 1000)`);
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    child.kill("SIGINT");
    expect((await resultOf(child)).signal).toBe("SIGINT");
    await expectNothingLeft(JSON.parse(String(line)) as Said);
  });

  test("is cleaned up after by the next one when it was killed", async () => {
    const child = startProgram(`${HEAD}
      await createTestDatabase({ schema }); console.log(process.pid); setInterval(() => {}, 1000);`);
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const said = { pid: Number(String(line)), urls: [] };
    child.kill("SIGKILL");
    await resultOf(child);
    expect(foldersOf(said)).toHaveLength(1);
    await runProgram(`${HEAD} await createTestDatabase({ schema });`);
    expect(foldersOf(said)).toEqual([]);
  });

  // Only Linux lists a process's open files.
  test.skipIf(!existsSync("/proc/self/fd")).each(["libsql", "better-sqlite3"])(
    "opens a thousand %s databases one after the other in flat memory and with few open files",
    async (driver) => {
      const { stdout, stderr } = await runProgram(`${HEAD}
        const template = await buildTemplate({ schema, driver: "${driver}" });
        const measure = () => ({ files: readdirSync("/proc/self/fd").length, megabytes: process.memoryUsage.rss() / 2 ** 20 });
        const one = async () => {
          const database = await createTestDatabase({ template });
          await database.db.insert(schema.users).values({ email: "a" });
          await database[Symbol.asyncDispose]();
        };
        for (let index = 0; index < 100; index++) await one();
        const before = measure();
        for (let index = 0; index < 1000; index++) await one();
        const after = measure();
        console.log(JSON.stringify({ files: after.files - before.files, megabytes: after.megabytes - before.megabytes }));`);
      expect(stderr).toBe("");
      const { files, megabytes } = JSON.parse(stdout) as { files: number; megabytes: number };
      expect(files).toBeLessThan(50);
      expect(megabytes).toBeLessThan(60);
    },
  );
});
