import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { holdersOf } from "../../../src/database/holders.ts";
import { createProject } from "../../support/project.ts";

test.skipIf(process.platform !== "linux")(
  "names the program that has the file open, without its secrets, and not this one",
  async () => {
    await using project = await createProject({
      files: {
        "server.cjs": `const db = new (require("better-sqlite3"))("local.db"); db.exec("CREATE TABLE a (x)"); console.log("open"); setTimeout(() => {}, 60_000);`,
      },
    });
    const child = spawn(process.execPath, ["server.cjs", "--token=hidden"], {
      cwd: project.dir,
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      await once(child.stdout, "data");
      expect(await holdersOf(project.path("local.db"))).toEqual([`node server.cjs (pid ${child.pid})`]);
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    expect(await holdersOf(project.path("local.db"))).toEqual([]);
  },
);
