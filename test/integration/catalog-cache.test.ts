import { existsSync, readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { blueprintFromModels } from "../../src/actions/blueprint.ts";
import { dbInfo } from "../../src/actions/db-info.ts";
import { isFailure } from "../../src/actions/report.ts";
import { performRebuild } from "../../src/actions/perform-rebuild.ts";
import { prepareRebuild } from "../../src/actions/prepare-rebuild.ts";
import { fingerprintFrom } from "../../src/schema/fingerprint.ts";
import { createTarget, runScript } from "../support/rebuild-target.ts";

const MODELS = {
  "users.ts": `import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
export const users = sqliteTable("users", { id: integer().primaryKey(), email: text().unique() });`,
  "more.sql": "CREATE VIEW emails AS SELECT email FROM users;",
};

async function world() {
  const target = await createTarget("local", { models: MODELS });
  const folder = target.project.path("node_modules", ".cache", "clean-slate");
  const names = () =>
    existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith("catalog-")) : [];
  const fingerprint = async () => {
    const { local } = await dbInfo(target.deps);
    return local === null || isFailure(local) ? local : local.fingerprint;
  };
  /** Changes what is kept of each catalog, so that an answer tells whether it was asked. */
  const edit = async (change: (kept: { document: object }) => object) => {
    for (const name of names()) {
      const kept = JSON.parse(await readFile(`${folder}/${name}`, "utf8")) as { document: object };
      await writeFile(`${folder}/${name}`, JSON.stringify(change(kept)));
    }
  };
  return { target, names, fingerprint, edit, [Symbol.asyncDispose]: () => target[Symbol.asyncDispose]() };
}

const marked = (kept: { document: object }) => ({
  ...kept,
  document: { ...kept.document, digests: ["kept"] },
});

describe("what a catalog says", () => {
  test("is read out once: the same text is known again", async () => {
    await using it = await world();
    await runScript(it.target, "CREATE TABLE old (x, CHECK (x > 0))");
    const first = await it.fingerprint();
    await it.edit(marked);
    expect(await it.fingerprint()).toBe(fingerprintFrom(["kept"]));
    await runScript(it.target, "DROP TABLE old; CREATE TABLE old (x, CHECK (x > 1))");
    const second = await it.fingerprint();
    expect([first, fingerprintFrom(["kept"])]).not.toContain(second);
  });

  test("is known of a database that was made of the models before anybody has read it", async () => {
    await using it = await world();
    const models = await blueprintFromModels(it.target.deps.config, new Date());
    await performRebuild(it.target.deps, await prepareRebuild(it.target.deps, {}));
    const [before] = [it.names()];
    expect(await it.fingerprint()).toBe(models.fingerprint);
    expect(it.names()).toEqual(before);
    await it.edit(marked);
    expect(await it.fingerprint()).toBe(fingerprintFrom(["kept"]));
  });

  test.each([
    ["holds nothing", () => ({})],
    ["took another one's name", (kept: object) => ({ ...kept, name: "catalog-other.json" })],
    [
      "lacks a part",
      (kept: { document: object }) => ({ ...kept, document: { ...kept.document, tables: undefined } }),
    ],
  ])("is read out again where what is kept %s", async (_, change) => {
    await using it = await world();
    await runScript(it.target, "CREATE TABLE old (x)");
    const first = await it.fingerprint();
    await it.edit(change);
    expect(await it.fingerprint()).toBe(first);
  });

  test("is kept of the newest ten", async () => {
    await using it = await world();
    for (let size = 0; size < 12; size++) {
      await runScript(it.target, `CREATE TABLE t${size} (x)`);
      await it.fingerprint();
    }
    expect(it.names()).toHaveLength(10);
    const now = it.names().length;
    await it.edit(marked);
    expect(await it.fingerprint()).toBe(fingerprintFrom(["kept"]));
    expect(it.names()).toHaveLength(now);
  });
});
