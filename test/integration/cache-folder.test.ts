import { existsSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { blueprintFromModels } from "../../src/actions/blueprint.ts";
import { readConfig } from "../../src/project/config.ts";
import { createTestDatabase } from "../../src/testing/index.ts";
import { createProject } from "../support/project.ts";

const USERS = `import { integer, sqliteTable } from "drizzle-orm/sqlite-core";
  export const users = sqliteTable("users", { id: integer().primaryKey() });`;

test("all that is kept of a package without node_modules lies in one folder of its workspace, where packages are links", async () => {
  await using workspace = await createProject({
    files: {
      "packages/app/models/users.ts": USERS,
      "packages/app/seed.ts": `import { users } from "./models/users.ts";
        export default (db) => db.insert(users).values({ id: 1 });`,
    },
  });
  const root = workspace.path("packages", "app");
  await blueprintFromModels(readConfig(root, {}), new Date());
  await using database = await createTestDatabase({ root, models: "models", seed: "seed.ts" });
  expect((await database.client.execute("SELECT id FROM users")).rows).toMatchObject([{ id: 1 }]);
  const kept = readdirSync(workspace.path("node_modules", ".cache", "clean-slate"));
  const kinds = new Set(kept.map((name) => name.replace(/-.*/, "")));
  expect([...kinds].toSorted()).toEqual(["blueprint", "drizzle", "models", "proof", "seed", "templates"]);
  expect(existsSync(workspace.path("packages", "app", "node_modules"))).toBe(false);
});
