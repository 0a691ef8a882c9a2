import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadDrizzleDriver } from "../../../src/project/drizzle-driver.ts";
import { createTemporaryFolder } from "../../support/paths.ts";

test("a seed gets the drizzle-orm of its project, not ours, and is told when there is none", async () => {
  await using folder = await createTemporaryFolder("driver");
  expect(() => loadDrizzleDriver(folder.dir)).toThrow(
    expect.objectContaining({ code: "PACKAGE_MISSING", hint: "npm install drizzle-orm @libsql/client" }),
  );
  const at = join(folder.dir, "node_modules", "drizzle-orm");
  mkdirSync(join(at, "libsql"), { recursive: true });
  writeFileSync(join(at, "package.json"), `{ "exports": { "./libsql/http": "./libsql/http.cjs" } }`);
  writeFileSync(join(at, "libsql", "http.cjs"), `exports.drizzle = () => ({ isOwn: true });`);
  expect(loadDrizzleDriver(folder.dir)({ client: {} })).toEqual({ isOwn: true });
});
