import { mkdirSync, rmSync } from "node:fs";
import { expect, test } from "vitest";
import { copyLocal } from "../../../src/database/copy-local.ts";
import type { Database } from "../../../src/database/database.ts";
import { openLocal } from "../../../src/database/local.ts";
import { connect } from "../../../src/database/sqlite.ts";
import { createProject } from "../../support/project.ts";

test("a copy that comes to nothing is none, and what to do is said", async () => {
  await using project = await createProject();
  const nothing = { read: async () => [] } as unknown as Database;
  const paths = { source: project.path("local.db"), path: project.path("copy.db") };
  await expect(copyLocal(nothing, { ...paths, onProgress: () => {} })).rejects.toMatchObject({
    code: "BACKUP_FAILED",
    hint: expect.stringContaining("run the command again"),
  });
});

test.each(["wal", "delete"])(
  "a copy in journal mode %s whose file is taken away fails in words",
  async (mode) => {
    await using project = await createProject();
    const [source, path] = [project.path("local.db"), project.path("gone", "copy.db")];
    mkdirSync(project.path("gone"));
    const connection = connect(source);
    connection.exec(`PRAGMA journal_mode=${mode}; CREATE TABLE t (a)`);
    const database = openLocal(source);
    const taking: Database = {
      ...database,
      read: (statements) => {
        rmSync(project.path("gone"), { recursive: true, force: true });
        return database.read(statements);
      },
    };
    const copying = copyLocal(taking, { source, path, onProgress: () => {} });
    await expect(copying).rejects.toMatchObject({ code: "WRITE_FAILED" });
    database.close();
    connection.close();
  },
);
