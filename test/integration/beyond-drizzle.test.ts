import { readFileSync } from "node:fs";
import { createClient } from "@libsql/client/sqlite3";
import { drizzle } from "drizzle-orm/libsql";
import { sql } from "drizzle-orm";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { describe, expect, test } from "vitest";
import { backupDatabase } from "../../src/actions/backup.ts";
import { blueprintFromModels } from "../../src/actions/blueprint.ts";
import { check } from "../../src/actions/check.ts";
import { dbInfo } from "../../src/actions/db-info.ts";
import { generateMigration } from "../../src/actions/generate-migration.ts";
import { performRebuild } from "../../src/actions/perform-rebuild.ts";
import { performRestore } from "../../src/actions/perform-restore.ts";
import { prepareRebuild } from "../../src/actions/prepare-rebuild.ts";
import { prepareRestore } from "../../src/actions/prepare-restore.ts";
import { syncTarget } from "../../src/actions/sync.ts";
import { fullTextSearch } from "../../src/index.ts";
import { createStatements } from "../../src/schema/create.ts";
import { schemaFromModels } from "../../src/schema/from-models.ts";
import { createTestDatabase } from "../../src/testing/index.ts";
import { drizzle045Version } from "../cases/drizzle-versions.ts";
import { repoPath } from "../support/paths.ts";
import { createProject } from "../support/project.ts";
import { createDeps, createTarget, pictureOf, query, runScript } from "../support/rebuild-target.ts";
import { skipSqld } from "../support/sqld.ts";

const MODELS = {
  "posts.ts": `import { customType, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { fullTextSearch, tableOptions, vectorIndex } from ${JSON.stringify(repoPath("src/index.ts"))};
const vector = customType<{ data: Buffer }>({ dataType: () => "F32_BLOB(3)" });
export const posts = sqliteTable("posts", {
  id: integer("id").primaryKey(), title: text("title").notNull(), body: text("body"), embedding: vector("embedding"),
});
export const kinds = tableOptions(
  sqliteTable("kinds", { code: text("code", { enum: ["a", "b"] }).primaryKey() }),
  { strict: true, withoutRowid: true, enumChecks: true },
);
fullTextSearch(posts, { columns: [posts.title, posts.body], tokenize: "porter" });
vectorIndex(posts.embedding);
`,
  "sql/log.sql": `-- What happened to titles.
CREATE TABLE log (what TEXT /* in words */, at INTEGER DEFAULT (unixepoch())) STRICT;
CREATE TRIGGER log_title AFTER UPDATE OF title ON posts BEGIN
  INSERT INTO log (what) VALUES (CASE WHEN new.title = '' THEN 'emptied; END' ELSE old.title END);
END;
CREATE VIEW words AS SELECT term FROM posts_words;
`,
  "sql/words.sql": "CREATE VIRTUAL TABLE posts_words USING fts5vocab(posts_search, 'row')",
};

const targets = (["local", "replica", "remote"] as const).filter((kind) => kind === "local" || !skipSqld);

describe.concurrent.each(targets)("on a %s", (kind) => {
  test("everything beside Drizzle comes with a rebuild, twice, is known to db-info and check, and works", async () => {
    await using target = await createTarget(kind, { models: MODELS });
    await runScript(
      target,
      "CREATE TABLE posts_search_content (mine TEXT); CREATE TRIGGER old AFTER INSERT ON posts_search_content BEGIN SELECT 1; END;",
    );
    for (let run = 0; run < 2; run += 1) {
      const prepared = await prepareRebuild(target.deps, {});
      if (run === 1) expect(prepared.losses.filter(({ isRecreated }) => !isRecreated)).toEqual([]);
      await performRebuild(target.deps, prepared);
      expect(await check(target.deps, {})).toMatchObject({ isEqual: true });
    }
    const { models, drift } = await dbInfo(target.deps);
    expect(models).toMatchObject({ creates: "3 tables, 1 index, 2 virtual tables, 1 view, 4 triggers" });
    expect(drift).toEqual([]);

    await runScript(
      target,
      `
      INSERT INTO posts (id, title, body) VALUES (1, 'Running shoes', 'for the road'), (2, 'Walking', NULL);
      UPDATE posts SET title = 'Swimming' WHERE id = 2;
      DELETE FROM posts WHERE id = 1;
      INSERT INTO posts (id, title) VALUES (2, 'Swam') ON CONFLICT (id) DO UPDATE SET body = 'upserted';
    `,
    );
    const find = (words: string) =>
      query(target, `SELECT rowid FROM posts_search WHERE posts_search MATCH '${words}'`);
    expect(
      [await find("run"), await find("walk"), await find("swims"), await find("upsert")].map(
        (rows) => rows.length,
      ),
    ).toEqual([0, 0, 1, 1]);
    await runScript(target, "INSERT INTO posts_search (posts_search, rank) VALUES ('integrity-check', 1);");
    expect((await query(target, "SELECT what FROM log")).map(({ what }) => what)).toEqual(["Walking"]);
    expect((await query(target, "SELECT term FROM words ORDER BY term")).map(({ term }) => term)).toEqual([
      "swim",
      "upsert",
    ]);
    await expect(query(target, "INSERT INTO kinds VALUES ('c')")).rejects.toThrow("CHECK");
    const [row] = await query(target, "SELECT sql FROM sqlite_schema WHERE name = 'log'");
    expect(row?.["sql"]).toContain("/* in words */");
  });

  test("a search without content, which SQLite cannot look at, raises no alarm in a rebuild, a backup, a restore or a sync", async () => {
    await using target = await createTarget(kind, {
      models: { "a.ts": "", "s.sql": "CREATE VIRTUAL TABLE s USING fts4(t, content='')" },
    });
    const { deps } = target;
    await performRebuild(deps, await prepareRebuild(deps, {}));
    await runScript(target, "INSERT INTO s (docid, t) VALUES (1, 'one'), (3, 'three');");
    const { backup } = await backupDatabase(deps, {});
    if (kind === "local") {
      const copied = readFileSync(backup.path).equals(readFileSync(deps.config.path.value));
      expect(copied).toBe(true);
    }
    await runScript(target, "DROP TABLE s; CREATE TABLE other (a);");
    await performRestore(deps, await prepareRestore(deps, { name: "latest" }));
    expect(await query(target, "SELECT docid FROM s WHERE s MATCH 'three'")).toEqual([{ docid: 3n }]);
    if (kind === "replica") expect(await syncTarget(deps)).toMatchObject({ setAside: null });
  });
});

test("a reviewed file holds all of it with its comments, and makes the same schema", async () => {
  await using target = await createTarget("local", { models: MODELS });
  const { file, text: written } = await generateMigration(target.deps, {});
  expect(written).toContain("-- What happened to titles.\nCREATE TABLE log (what TEXT /* in words */");
  expect(await generateMigration(target.deps, {})).toMatchObject({ kind: "unchanged", file });
  await performRebuild(target.deps, await prepareRebuild(target.deps, { file: `migrations/sql/${file}` }));
  expect(await check(target.deps, {})).toMatchObject({ isEqual: true });
});

test("a test database has all of it", async () => {
  await using project = await createProject({ models: MODELS });
  await using database = await createTestDatabase({ root: project.dir, models: "models" });
  await database.client.execute("INSERT INTO posts (title) VALUES ('clean slates')");
  const { rows } = await database.client.execute("SELECT term FROM words ORDER BY term");
  expect(rows.map((row) => row["term"])).toEqual(["clean", "slate"]);
});

test.skipIf(skipSqld)(
  "what a primary cannot read is said with its file and line before anything is dropped",
  async () => {
    const aggregate =
      "\nCREATE VIEW titles AS\n  SELECT group_concat(title, ', ' ORDER BY id) AS list FROM posts;";
    await using target = await createTarget("remote", { models: { ...MODELS, "titles.sql": aggregate } });
    await runScript(target, "CREATE TABLE keep (a); INSERT INTO keep VALUES (1);");
    const before = await pictureOf(target);
    await expect(prepareRebuild(target.deps, {})).rejects.toMatchObject({
      code: "SQL_INVALID",
      message: expect.stringMatching(
        /^models\/titles\.sql:2: 127\.0\.0\.1:\d+ does not take view "titles": /,
      ) as string,
    });
    expect(await pictureOf(target)).toBe(before);
  },
);

describe("what does not work is named by file and line", () => {
  const failing = async (written: string) => {
    await using project = await createProject({ models: { ...MODELS, "sql/bad.sql": written } });
    const { config } = createDeps(project);
    return await blueprintFromModels(config, new Date()).then(
      () => "accepted",
      (error: unknown) => (error as Error).message,
    );
  };

  test.each([
    [
      "CREATE VIEW v AS\n SELECT nope FROM posts",
      /^models\/sql\/bad\.sql:1: view "v" does not work in SQLite: no such column: nope/,
    ],
    [
      "\nCREATE TRIGGER g AFTER DELETE ON nowhere BEGIN SELECT 1; END",
      /bad\.sql:2: trigger "g" of table "nowhere".*no such table: main\.nowhere/,
    ],
    [
      "CREATE TRIGGER g AFTER INSERT ON posts BEGIN INSERT INTO nowhere VALUES (1); END",
      /bad\.sql:1: trigger "g" of table "posts".*main\.nowhere/,
    ],
    [
      "CREATE TRIGGER g AFTER UPDATE ON posts BEGIN SELECT new.nope; END",
      /bad\.sql:1: trigger "g" of table "posts".*no such column: new\.nope/,
    ],
    [
      "CREATE TRIGGER g INSTEAD OF UPDATE OF term ON words BEGIN UPDATE words SET nope = 1; END",
      /bad\.sql:1: trigger "g" of table "words"/,
    ],
    ["CREATE INDEX i ON posts (nope)", /bad\.sql:1: index "i" of table "posts".*no such column: nope/],
    ["CREATE VIRTUAL TABLE x USING csv(a)", /bad\.sql:1: virtual table "x".*no such module: csv/],
    [
      "CREATE TABLE child (p REFERENCES missing (id))",
      /bad\.sql:1: table "child".*no such table: main\.missing/,
    ],
    ["CREATE VIEW v AS SELECT 1 CREATE VIEW w AS SELECT 2", /bad\.sql:1: view "v".*near "CREATE"/],
    [
      "CREATE TABLE Posts (a)",
      /^models\/sql\/bad\.sql:1: the table name "Posts" is taken: table "posts" in models\/posts\.ts$/,
    ],
    [
      "CREATE VIEW posts_embedding_idx AS SELECT 1",
      /bad\.sql:1: the view name "posts_embedding_idx" is taken: index .* of table "posts" in models\/posts\.ts/,
    ],
    [
      "CREATE TRIGGER posts_search_insert AFTER INSERT ON posts BEGIN SELECT 1; END",
      /trigger name "posts_search_insert" is taken: trigger .* in models\/posts\.ts/,
    ],
    [
      "CREATE VIEW log AS SELECT 1",
      /^models\/sql\/log\.sql:2: the table name "log" is taken: view "log" in models\/sql\/bad\.sql:1$/,
    ],
    ["CREATE TABLE _clean_slate (a)", /bad\.sql:1: the table name "_clean_slate" is Clean Slate's own/],
    ["CREATE INDEX sqlite_x ON posts (title)", /bad\.sql:1: the index name "sqlite_x" starts with "sqlite_"/],
  ])("%j", async (written, message) => {
    expect((await failing(written)).split("\n\n")[0]).toMatch(message);
  });

  test("a trigger may share its name with a table, and an empty file says nothing", async () => {
    expect(await failing("CREATE TRIGGER posts AFTER INSERT ON kinds BEGIN SELECT 1; END")).toBe("accepted");
    expect(await failing("")).toBe("accepted");
    const generated =
      "CREATE TABLE g (twice AS (a * 2), a); CREATE TRIGGER watch AFTER UPDATE OF Twice, a ON G";
    expect(await failing(`${generated} BEGIN SELECT 1; END`)).toBe("accepted");
    expect(
      await failing(
        "CREATE TABLE g (twice AS (a * 2), a); CREATE TRIGGER w AFTER UPDATE ON g BEGIN SELECT 1; END",
      ),
    ).toBe("accepted");
  });

  test("a file that is not UTF-8 is refused", async () => {
    await using project = await createProject({ models: MODELS });
    const { writeFile } = await import("node:fs/promises");
    await writeFile(
      project.path("models/latin.sql"),
      Buffer.from("CREATE VIEW v AS SELECT 'caf\xe9'", "latin1"),
    );
    await expect(blueprintFromModels(createDeps(project).config, new Date())).rejects.toThrow(
      "models/latin.sql",
    );
  });
});

test("a search is used from Drizzle", async () => {
  const posts = sqliteTable("posts", { id: integer("id").primaryKey(), title: text("title").notNull() });
  const search = fullTextSearch(posts, { columns: [posts.title], tokenize: "trigram" });
  const schema = schemaFromModels(drizzle045Version.api, [{ file: "posts.ts", name: "posts", value: posts }]);
  const client = createClient({ url: ":memory:" });
  for (const statement of createStatements(schema)) await client.execute(statement.sql);
  const db = drizzle(client);
  await db.insert(posts).values([{ title: "clean slate" }, { title: "chalk" }]);
  const found = await db
    .select({ title: posts.title })
    .from(posts)
    .innerJoin(sql`${search}`, sql`${search}.rowid = ${posts.id}`)
    .where(sql`${search} MATCH ${"lat"}`);
  expect(found).toEqual([{ title: "clean slate" }]);
  client.close();
});
