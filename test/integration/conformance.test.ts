import { describe, expect, test } from "vitest";
import type { Replaced } from "../../src/actions/replace-content.ts";
import { prepareRebuild, type PreparedRebuild } from "../../src/actions/prepare-rebuild.ts";
import { performRebuild } from "../../src/actions/perform-rebuild.ts";
import { generateMigration } from "../../src/actions/generate-migration.ts";
import { isSameCatalog } from "../../src/schema/same-catalog.ts";
import type { CatalogRow } from "../../src/schema/types.ts";
import { HOSTILE_NAMES, KEPT_TABLES, ODD_DATABASE } from "../support/odd-database.ts";
import {
  createTarget,
  pictureOf,
  query,
  runScript,
  TARGET_KINDS,
  type RebuildTarget,
  type TargetKind,
} from "../support/rebuild-target.ts";
import { skipSqld } from "../support/sqld.ts";

const CORE = `import { sql } from "drizzle-orm"; import { index, integer, sqliteTable, sqliteView, text } from "drizzle-orm/sqlite-core";\n`;

const MODELS = {
  "shop.ts": `${CORE}
export const users = sqliteTable("users", {
  id: integer().primaryKey({ autoIncrement: true }),
  email: text().notNull().unique(),
});
export const orders = sqliteTable("orders", {
  id: integer().primaryKey(),
  userId: integer("user_id").notNull().references(() => users.id, { onDelete: "cascade" }),
  note: text().default("it's; \\"new\\""),
}, (table) => [index("orders_user_idx").on(table.userId).where(sql\`\${table.note} <> 'a;b'\`)]);
export const emails = sqliteView("emails").as((q) => q.select({ email: users.email }).from(users));
`,
};

/** What {@link MODELS} make, and the bookkeeping. */
const OURS = ["_clean_slate", "emails", "orders", "orders_user_idx", "users", "users_email_unique"];

/** Valid in a local SQLite, refused by the parser of a server. */
const ORDERED_AGGREGATE = `${CORE}
export const lists = sqliteView("lists", { all: text("all") }).as(sql\`SELECT group_concat(email, ', ' ORDER BY id) AS "all" FROM users\`);
`;

/** Its index is called like one that a rebuild keeps, which no rehearsal in an empty database can know. */
const TAKEN_INDEX = `${CORE}
export const last = sqliteTable("zz_last", { id: integer().primaryKey() }, (table) => [index("kv_idx").on(table.id)]);
`;

async function rebuild(target: RebuildTarget, options: { file?: string } = {}): Promise<Replaced> {
  return performRebuild(target.deps, await prepareRebuild(target.deps, options));
}

function lost(prepared: PreparedRebuild): string[] {
  return prepared.losses.map(({ kind, name, rows }) => `${kind} ${name}${rows === null ? "" : ` ${rows}`}`);
}

const namesIn = async (target: RebuildTarget): Promise<string[]> =>
  (await query(target, "SELECT name FROM sqlite_schema ORDER BY name")).map(({ name }) => String(name));

const kinds = TARGET_KINDS.filter((kind) => kind === "local" || !skipSqld);

describe.concurrent.each(kinds)("a rebuild of a %s", (kind: TargetKind) => {
  test("makes a database out of nothing, and the same one again", async () => {
    await using target = await createTarget(kind, { models: MODELS });
    const first = await rebuild(target);
    const made = [...OURS, "sqlite_sequence"].toSorted();
    expect((await namesIn(target)).filter((name) => !name.startsWith("sqlite_autoindex"))).toEqual(made);
    await runScript(
      target,
      "INSERT INTO users (id, email) VALUES (7, 'a'); INSERT INTO orders VALUES (1, 7, 'n');",
    );
    const prepared = await prepareRebuild(target.deps, {});
    expect(lost(prepared)).toEqual(["view emails", "table orders 1", "table users 1"]);
    expect(prepared.losses.every(({ isRecreated }) => isRecreated)).toBe(true);
    const second = await performRebuild(target.deps, prepared);
    expect(second.fingerprint).toBe(first.fingerprint);
    expect(second.runId).not.toBe(first.runId);
    await runScript(target, "INSERT INTO users (email) VALUES ('new');");
    expect(await query(target, "SELECT id, email FROM users")).toEqual([{ id: 1n, email: "new" }]);
  });

  test("makes to the letter the catalog that was proven in memory, so that nothing is parsed to compare them", async () => {
    await using target = await createTarget(kind, { models: MODELS });
    const prepared = await prepareRebuild(target.deps, {});
    await performRebuild(target.deps, prepared);
    const rows = await query(
      target,
      `SELECT type, name, tbl_name AS "table", sql FROM sqlite_schema ORDER BY rowid`,
    );
    expect(isSameCatalog(rows as unknown as CatalogRow[], prepared.blueprint.rows)).toBe(true);
  });

  test("takes everything an odd old database holds, and leaves what belongs to the engine", async () => {
    await using target = await createTarget(kind, { models: MODELS });
    await runScript(target, ODD_DATABASE);
    const prepared = await prepareRebuild(target.deps, {});
    const losses = lost(prepared);
    expect(losses).toEqual(expect.arrayContaining(HOSTILE_NAMES.map((name) => `table ${name} 1`)));
    expect(losses).toEqual(
      expect.arrayContaining([
        "virtual table ft 1",
        "virtual table places 1",
        "vector index films_idx",
        "table films 2",
        "view broken",
        "trigger instead",
        "table ft_config_notes 0",
        "table __drizzle_migrations 0",
      ]),
    );
    expect(
      losses.filter((loss) => /ft_data|places_node|films_idx_shadow|_cf_KV|litestream|libsql_/.test(loss)),
    ).toEqual([]);
    const { fingerprint } = await performRebuild(target.deps, prepared);
    const left = (await namesIn(target)).filter((name) => !/^(sqlite_|libsql_vector_meta_shadow)/.test(name));

    expect(left.toSorted()).toEqual([...OURS, ...KEPT_TABLES, "kv_idx"].toSorted());
    expect(await query(target, `SELECT id, v FROM "_cf_KV"`)).toEqual([{ id: 70n, v: "kept" }]);
    await runScript(
      target,
      `INSERT INTO users (email) VALUES ('new'); INSERT INTO "_cf_KV" (v) VALUES ('next');`,
    );
    expect(await query(target, `SELECT id FROM users UNION ALL SELECT max(id) FROM "_cf_KV"`)).toEqual([
      { id: 1n },
      { id: 72n },
    ]);
    expect((await rebuild(target)).fingerprint).toBe(fingerprint);
  });

  test("leaves schema and rows as they were when a statement fails after the drops", async () => {
    await using target = await createTarget(kind, { models: { ...MODELS, "taken.ts": TAKEN_INDEX } });
    await runScript(target, ODD_DATABASE);
    const before = await pictureOf(target);
    await expect(rebuild(target)).rejects.toMatchObject({
      code: "REBUILD_FAILED",
      message: expect.stringMatching(
        /^cannot create index "kv_idx": .*kv_idx already exists; the database is as it was/,
      ),
    });
    expect(await pictureOf(target)).toBe(before);
  });

  test("leaves everything as it was when a row that is kept would lose its parent", async () => {
    await using target = await createTarget(kind, { models: MODELS });
    const kept = `CREATE TABLE "_cf_refs" (id INTEGER PRIMARY KEY, user_id REFERENCES users (id));`;
    await runScript(target, `${ODD_DATABASE}${kept} INSERT INTO "_cf_refs" VALUES (1, 900);`);
    const before = await pictureOf(target);
    await expect(rebuild(target)).rejects.toMatchObject({
      code: "REBUILD_FAILED",
      message: expect.stringContaining("every foreign key holds"),
    });
    expect(await pictureOf(target)).toBe(before);
  });

  test("refuses when the schema was changed after it was shown", async () => {
    await using target = await createTarget(kind, { models: MODELS });
    await runScript(target, "CREATE TABLE shown (id); INSERT INTO shown VALUES (1);");
    const prepared = await prepareRebuild(target.deps, {});
    await runScript(target, "CREATE TABLE unseen (id); INSERT INTO unseen VALUES (1);");
    const before = await pictureOf(target);
    await expect(performRebuild(target.deps, prepared)).rejects.toMatchObject({ code: "DATABASE_CHANGED" });
    expect(await pictureOf(target)).toBe(before);
  });

  test("applies a reviewed file, and an edited one saying so", async () => {
    await using target = await createTarget(kind, { models: MODELS });
    const { file, text } = await generateMigration(target.deps, {});
    const path = `migrations/sql/${file}`;
    const reviewed = await prepareRebuild(target.deps, { file: path });
    expect(reviewed.blueprint.warnings).toEqual([]);
    await performRebuild(target.deps, reviewed);
    await target.project.write(
      path,
      `${text}\nCREATE TABLE added (id INTEGER PRIMARY KEY);\nCREATE TRIGGER counts AFTER INSERT ON added BEGIN DELETE FROM orders; SELECT 1; END;`,
    );
    const edited = await prepareRebuild(target.deps, { file: path });
    expect(edited.blueprint.warnings).toEqual([
      expect.stringContaining("was edited"),
      expect.stringContaining("makes another schema than the models"),
    ]);
    expect((await performRebuild(target.deps, edited)).fingerprint).not.toBe(reviewed.blueprint.fingerprint);
    expect(await namesIn(target)).toEqual(expect.arrayContaining(["added", "counts"]));
  });
});

describe.skipIf(skipSqld).concurrent.each(["replica", "replica v2", "remote"] as const)(
  "a primary, rebuilt as %s,",
  (kind) => {
    test("names the statement its own parser refuses, and is left as it was", async () => {
      await using target = await createTarget(kind, { models: { ...MODELS, "lists.ts": ORDERED_AGGREGATE } });
      await runScript(target, "CREATE TABLE old (id); INSERT INTO old VALUES (1);");
      const before = await pictureOf(target);
      await expect(rebuild(target)).rejects.toMatchObject({
        code: "REBUILD_FAILED",
        message: expect.stringMatching(/^cannot create view "lists": [^]*as it was[^]*group_concat/),
      });
      expect(await pictureOf(target)).toBe(before);
    });
  },
);

test("a local file takes the SQL that only a server refuses", async () => {
  await using target = await createTarget("local", { models: { ...MODELS, "lists.ts": ORDERED_AGGREGATE } });
  await rebuild(target);
  expect(await namesIn(target)).toContain("lists");
});

describe("a migration file", () => {
  const header = "-- Clean Slate migration\n-- fingerprint: 0123456789abcdef\n\n";
  test.each([
    ["of somebody else", "CREATE TABLE a (id);", /header is missing/],
    [
      "with an INSERT",
      `${header}CREATE TABLE a (id);\nINSERT INTO a VALUES (1);`,
      /line 5: INSERT has no place/,
    ],
    ["with a DROP", `${header}DROP TABLE users;`, /line 4: DROP has no place/],
    ["with a PRAGMA", `${header}PRAGMA foreign_keys=ON;`, /line 4: PRAGMA/],
    ["with a COMMIT", `${header}CREATE TABLE a (id); COMMIT;`, /line 4: COMMIT/],
    ["with a temporary table", `${header}CREATE TEMP TABLE a (id);`, /TEMPORARY/],
    ["with a table of another database", `${header}CREATE TABLE other.a (id);`, /other/],
    ["that does not execute", `${header}CREATE TABLE a (id,);`, /syntax error[^]*CREATE TABLE a/],
    ["with a name that is Clean Slate's own", `${header}CREATE TABLE _clean_slate (id);`, /_clean_slate/],
    ["with a name of the platform", `${header}CREATE INDEX _cf_i ON users (id);`, /"_cf_i" belongs/],
    ["with nothing in it", header, /creates nothing/],
  ])("%s is refused", async (_, text, message) => {
    await using target = await createTarget("local", { models: MODELS, files: { "a.sql": text } });
    await runScript(target, "CREATE TABLE users (id); INSERT INTO users VALUES (1);");
    const before = await pictureOf(target);
    await expect(prepareRebuild(target.deps, { file: "a.sql" })).rejects.toMatchObject({
      code: "MIGRATION_INVALID",
      message: expect.stringMatching(message),
    });
    expect(await pictureOf(target)).toBe(before);
  });

  test("that is not there is said by name", async () => {
    await using target = await createTarget("local", { models: MODELS });
    await expect(prepareRebuild(target.deps, { file: "gone.sql" })).rejects.toMatchObject({
      code: "MIGRATION_INVALID",
      message: expect.stringContaining('"gone.sql" (ENOENT)'),
    });
  });
});

test.skipIf(skipSqld)("a row that comes into an empty table after it was counted is not lost", async () => {
  await using target = await createTarget("remote", { models: MODELS });
  await rebuild(target);
  const prepared = await prepareRebuild(target.deps, {});
  await runScript(target, "INSERT INTO users (email) VALUES ('late');");
  await expect(performRebuild(target.deps, prepared)).rejects.toMatchObject({ code: "DATABASE_CHANGED" });
  expect(await query(target, "SELECT email FROM users")).toEqual([{ email: "late" }]);
});

describe.skipIf(skipSqld)("round trips to the primary", () => {
  const models = (count: number) => ({
    "many.ts": `${CORE}${Array.from({ length: count }, (_, n) => `export const t${n} = sqliteTable("t${n}", { id: integer().primaryKey(), v: text() }, (t) => [index("i${n}").on(t.v)]);`).join("\n")}`,
  });
  const trips = async (kind: TargetKind, count: number, script = "") => {
    await using target = await createTarget(kind, { models: models(count) });
    await rebuild(target);
    if (script !== "") await runScript(target, script);
    target.proxy?.resetCounts();
    await rebuild(target);
    return target.proxy?.counts.flights ?? 0;
  };
  test.each([
    ["remote", 4, 2_200],
    ["replica", 8, 2_200],
    ["replica v2", 8, 200], // its protocol sends a larger file in several answers
  ] as const)("of a %s are at most %i, whatever the number of tables", async (kind, most, many) => {
    const few = await trips(kind, 10, "INSERT INTO t3 (v) VALUES ('kept');");
    expect(few).toBeGreaterThan(2);
    expect(few).toBeLessThanOrEqual(most);
    expect(await trips(kind, 200, "INSERT INTO t3 (v) VALUES ('kept');")).toBe(few);
    expect(await trips(kind, many)).toBe(few - 2); // no row, nothing to count, nothing to read for the backup
  });
});
