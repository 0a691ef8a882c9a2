import { expect, test, describe } from "vitest";
import type { Loss } from "../../src/actions/losses.ts";
import { performRebuild } from "../../src/actions/perform-rebuild.ts";
import { prepareRebuild } from "../../src/actions/prepare-rebuild.ts";
import { createTarget, runScript } from "../support/rebuild-target.ts";
import { skipSqld } from "../support/sqld.ts";

const MODELS = {
  "shop.ts": `import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
export const users = sqliteTable("users", { id: integer().primaryKey(), email: text(), createdAt: text("created_at") });
export const posts = sqliteTable("posts", { id: integer().primaryKey(), createdAt: integer("created_at") });
`,
};

const OLD = `
CREATE TABLE Users (id INTEGER PRIMARY KEY, email TEXT, created_at TEXT, note TEXT, CHECK (note <> 'x'));
CREATE INDEX by_note ON Users (note);
CREATE UNIQUE INDEX one_email ON Users (email);
CREATE TABLE posts (id INTEGER PRIMARY KEY, created_at INTEGER);
CREATE TABLE orders (id INTEGER PRIMARY KEY, updated_at REAL, created_at INTEGER) WITHOUT ROWID;
CREATE VIRTUAL TABLE found USING fts5(body);
CREATE VIEW emails AS SELECT email FROM Users;
CREATE TRIGGER watch AFTER INSERT ON posts BEGIN SELECT 1; END;
INSERT INTO Users VALUES (1, 'a', '2025-01-02 03:04:05', 'n'), (2, 'b', '2024-01-01 00:00:00', NULL);
INSERT INTO posts VALUES (1, 1735787045123);
INSERT INTO orders VALUES (1, 2460678.5, 5), (2, NULL, 6);
INSERT INTO found VALUES ('words');
`;

const targets = (["local", "replica", "remote"] as const).filter((kind) => kind === "local" || !skipSqld);

describe.concurrent.each(targets)("the ledger of a %s", (kind) => {
  test("tells rows, newest row, size and what the models do not contain", async () => {
    await using target = await createTarget(kind, { models: MODELS });
    await runScript(target, OLD);
    const { losses } = await prepareRebuild(target.deps, {});
    const { Users, posts, orders, ...rest } = Object.fromEntries(losses.map((loss) => [loss.name, loss]));
    expect(Users).toMatchObject({
      rows: 2,
      newest: "2025-01-02T03:04:05.000Z",
      isRecreated: true,
      bytes: 12_288,
    });
    expect(Users?.extras.toSorted()).toEqual(
      ["CHECK (note <> 'x')", "UNIQUE (email)", 'column "note"', 'index "by_note"'].toSorted(),
    );
    expect(posts).toMatchObject({
      rows: 1,
      newest: "2025-01-02T03:04:05.123Z",
      extras: [],
      isRecreated: true,
    });
    expect(orders).toMatchObject({ rows: 2, newest: null, isRecreated: false });
    const marks = Object.values(rest).map(({ kind: what, name, rows, isRecreated }: Loss) => [
      what,
      name,
      rows,
      isRecreated,
    ]);
    expect(marks.toSorted((a, b) => String(a[0]).localeCompare(String(b[0])))).toEqual([
      ["trigger", "watch", null, false],
      ["view", "emails", null, false],
      ["virtual table", "found", 1, false],
    ]);
  });

  test("counts a row once that a search shows too, as its backup does", async () => {
    await using target = await createTarget(kind, { models: MODELS });
    await runScript(
      target,
      `CREATE TABLE tasks (id INTEGER PRIMARY KEY, title TEXT);
       CREATE VIRTUAL TABLE tasks_search USING fts5(title, content='tasks', content_rowid='id');
       CREATE VIRTUAL TABLE tasks_words USING fts5vocab(tasks_search, 'row');
       INSERT INTO tasks VALUES (1, 'one thing'), (2, 'another'), (3, 'a third');
       INSERT INTO tasks_search (rowid, title) SELECT id, title FROM tasks;
       CREATE VIRTUAL TABLE notes USING fts5(body, content='');
       INSERT INTO notes (rowid, body) VALUES (1, 'kept nowhere'), (2, 'else');`,
    );
    const prepared = await prepareRebuild(target.deps, { isReviewed: true });
    expect(Object.fromEntries(prepared.losses.map(({ name, rows }) => [name, rows]))).toEqual({
      tasks: 3,
      tasks_search: null,
      tasks_words: null,
      notes: 2,
    });
    const { backup } = await performRebuild(target.deps, prepared);
    expect(backup?.backup.rows).toBe(5);
  });
});

test.skipIf(skipSqld)("takes as many round trips for 900 tables as for one", async () => {
  await using target = await createTarget("remote", { models: MODELS });
  const trips = async (): Promise<number> => {
    target.proxy?.resetCounts();
    await prepareRebuild(target.deps, { isReviewed: true });
    return target.proxy?.counts.requests.length ?? 0;
  };
  await runScript(target, "CREATE TABLE one (id INTEGER PRIMARY KEY, updated_at)");
  expect(await trips()).toBe(1); // its pages say that it is empty
  await runScript(target, "INSERT INTO one VALUES (1, 1)");
  expect(await trips()).toBe(2);
  const tables = Array.from(
    { length: 900 },
    (_, i) => `CREATE TABLE t${i} (id INTEGER PRIMARY KEY, updated_at); INSERT INTO t${i} VALUES (1, 1);`,
  );
  await runScript(target, tables.join("\n"));
  expect(await trips()).toBe(2);
});

test("reads no sizes of a database that is too large to walk through, and no newest row of a large table without an index", async () => {
  await using target = await createTarget("local", { models: MODELS });
  const rows =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001) SELECT i, 1735787045 FROM n";
  await runScript(
    target,
    `PRAGMA page_size = 512; CREATE TABLE large (data); INSERT INTO large VALUES (zeroblob(${512 * 20_000}));
     CREATE TABLE plain (id INTEGER PRIMARY KEY, created_at); INSERT INTO plain ${rows};
     CREATE TABLE indexed (id INTEGER PRIMARY KEY, created_at); INSERT INTO indexed ${rows};
     CREATE INDEX newest_first ON indexed (created_at DESC);`,
  );
  const { losses } = await prepareRebuild(target.deps, {});
  expect(losses.map(({ name, rows: count, bytes, newest }) => [name, count, bytes, newest])).toEqual([
    ["indexed", 10_001, null, "2025-01-02T03:04:05.000Z"],
    ["plain", 10_001, null, null],
    ["large", 1, null, null],
  ]);
});

test("a table that cannot be counted is told without its rows, beside those that can", async () => {
  await using target = await createTarget("local", { models: MODELS });
  await runScript(
    target,
    `${OLD} PRAGMA writable_schema=ON;
    INSERT INTO sqlite_schema VALUES ('table', 'gone', 'gone', 0, 'CREATE VIRTUAL TABLE gone USING no_such_module(a)');`,
  );
  const { losses } = await prepareRebuild(target.deps, {});
  expect(losses.find(({ name }) => name === "gone")).toMatchObject({ rows: null });
  expect(losses.find(({ name }) => name === "posts")).toMatchObject({ rows: 1 });
});
