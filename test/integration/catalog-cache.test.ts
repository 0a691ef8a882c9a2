import { existsSync, readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { blueprintFromModels } from "../../src/actions/blueprint.ts";
import { catalogHead } from "../../src/actions/catalog-outline.ts";
import { dbInfo } from "../../src/actions/db-info.ts";
import { isFailure } from "../../src/actions/report.ts";
import { performRebuild } from "../../src/actions/perform-rebuild.ts";
import { prepareRebuild } from "../../src/actions/prepare-rebuild.ts";
import { fingerprintFrom } from "../../src/schema/fingerprint.ts";
import { createTarget, query, runScript, TARGET_KINDS, type TargetKind } from "../support/rebuild-target.ts";

const MODELS = {
  "users.ts": `import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
export const users = sqliteTable("users", { id: integer().primaryKey({ autoIncrement: true }), email: text().unique() });`,
  "more.sql": "CREATE VIEW emails AS SELECT email FROM users;",
};

/** What is kept of a catalog: by what it says, and what most questions are answered by, under its very text. */
type Kind = "catalog" | "head";

interface Kept {
  readonly document: object;
}

async function world(kind: TargetKind = "local") {
  const target = await createTarget(kind, { models: MODELS });
  const folder = target.project.path("node_modules", ".cache", "clean-slate");
  const names = (kept: Kind) =>
    existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(`${kept}-`)) : [];
  const fingerprints = async () => {
    const { local, primary } = await dbInfo(target.deps);
    return [local, primary]
      .filter((report) => report !== null)
      .map((report) => (isFailure(report) ? report.error : report.fingerprint));
  };
  /** Changes what is kept of each catalog, so that an answer tells whether it was asked. */
  const edit = async (kept: Kind, change: (kept: Kept) => object) => {
    for (const name of names(kept)) {
      const document = JSON.parse(await readFile(`${folder}/${name}`, "utf8")) as Kept;
      await writeFile(`${folder}/${name}`, JSON.stringify(change(document)));
    }
  };
  const rebuild = async () => performRebuild(target.deps, await prepareRebuild(target.deps, {}));
  const close = () => target[Symbol.asyncDispose]();
  return { target, names, fingerprints, edit, rebuild, [Symbol.asyncDispose]: close };
}

const marked = (kept: Kept) => ({ ...kept, document: { ...kept.document, digests: ["kept"] } });
const MARK = fingerprintFrom(["kept"]);
const markedHead = (kept: Kept) => ({ ...kept, document: { ...kept.document, fingerprint: "kept" } });

describe("what a catalog says", () => {
  test("is read out once: the same text is known again, and another one is not", async () => {
    await using it = await world();
    await runScript(it.target, "CREATE TABLE old (x, CHECK (x > 0))");
    const [first] = await it.fingerprints();
    await it.edit("head", markedHead);
    expect(await it.fingerprints()).toEqual(["kept"]);
    await runScript(it.target, "DROP TABLE old; CREATE TABLE old (x, CHECK (x > 1))");
    const [second] = await it.fingerprints();
    expect([first, "kept"]).not.toContain(second);
  });

  test("is answered by its text alone: no row is looked at, and what the tables are is told all the same", async () => {
    await using it = await world();
    await runScript(
      it.target,
      "CREATE TABLE old (x UNIQUE, y); CREATE INDEX i ON old (y); CREATE VIEW v AS SELECT 1",
    );
    const first = await dbInfo(it.target.deps);
    expect(await dbInfo(it.target.deps)).toEqual({
      ...first,
      local: { ...first.local, catalog: expect.any(Function) },
    });
    const { root } = it.target.deps.config;
    const text = '[["table","t","t","CREATE TABLE t (x)"]]';
    const head = catalogHead(root, {
      text,
      rows: [{ type: "table", name: "t", table: "t", sql: "CREATE TABLE t (x)" }],
    });
    const unread = {
      text,
      get rows(): never {
        throw new Error("rows were asked for");
      },
    };
    expect(catalogHead(root, unread)).toEqual(head);
    expect(() => catalogHead(root, { text: `${text} `, rows: unread.rows })).toThrow("rows were asked for");
  });

  test.each(TARGET_KINDS)(
    "is known of a database that was made of the models before anybody has read it (%s)",
    async (kind) => {
      await using it = await world(kind);
      const models = await blueprintFromModels(it.target.deps.config, new Date());
      await it.rebuild();
      const before = it.names("catalog");
      expect(new Set(await it.fingerprints())).toEqual(new Set([models.fingerprint]));
      expect(it.names("catalog")).toEqual(before);
      expect(it.names("head").length).toBeGreaterThan(0);
      await it.edit("head", () => ({}));
      await it.edit("catalog", marked);
      expect(new Set(await it.fingerprints())).toEqual(new Set([MARK]));
    },
  );

  test("is known in another order, and with what the engine makes besides", async () => {
    await using it = await world();
    await it.rebuild();
    await it.edit("catalog", marked);
    const rows = await query(
      it.target,
      "SELECT sql FROM sqlite_schema WHERE tbl_name IN ('users', 'emails') ORDER BY type = 'index', rowid DESC",
    );
    const creates = rows.map(({ sql }) => `${String(sql)};`).join("\n");
    await runScript(it.target, `DROP VIEW emails; DROP TABLE users; ${creates}\nANALYZE`);
    expect(await it.fingerprints()).toEqual([MARK]);
  });

  test.each([
    ["holds nothing", () => ({})],
    ["took another one's name", (kept: object) => ({ ...kept, name: "catalog-other.json" })],
    ["lacks a part", (kept: Kept) => ({ ...kept, document: { ...kept.document, tables: undefined } })],
  ])("is read out again where what is kept %s", async (_, change) => {
    await using it = await world();
    await runScript(it.target, "CREATE TABLE old (x)");
    const first = await it.fingerprints();
    await it.edit("catalog", change);
    await it.edit("head", change);
    expect(await it.fingerprints()).toEqual(first);
  });

  test("is kept of the newest ten", async () => {
    await using it = await world();
    for (let size = 0; size < 12; size++) {
      await runScript(it.target, `CREATE TABLE t${size} (x)`);
      await it.fingerprints();
    }
    expect([it.names("catalog").length, it.names("head").length]).toEqual([10, 10]);
    await it.edit("head", markedHead);
    expect(await it.fingerprints()).toEqual(["kept"]);
    expect(it.names("head")).toHaveLength(10);
  });
});
