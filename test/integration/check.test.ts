import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { check, type CheckOptions, type CheckResult } from "../../src/actions/check.ts";
import { generateMigration } from "../../src/actions/generate-migration.ts";
import { blueprintFromModels } from "../../src/actions/blueprint.ts";
import { repoPath } from "../support/paths.ts";
import { createTarget, query, runScript, type RebuildTarget } from "../support/rebuild-target.ts";
import { runCli } from "../support/run-cli.ts";
import { skipSqld } from "../support/sqld.ts";

const MODELS = {
  "shop.ts": `import { check, customType, index, integer, primaryKey, real, sqliteTable, sqliteView, text, unique, uniqueIndex } from "drizzle-orm/sqlite-core";
import { sql } from "drizzle-orm";
import { fullTextSearch, tableOptions, vectorIndex } from ${JSON.stringify(repoPath("src/index.ts"))};
const vector = customType<{ data: Buffer }>({ dataType: () => "F32_BLOB(3)" });
export const users = sqliteTable("users", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  email: text("email").notNull().unique(),
  name: text("name").default("nobody"),
  age: integer("age"),
  twice: integer("twice").generatedAlwaysAs(sql\`age * 2\`, { mode: "virtual" }),
}, (t) => [index("users_name").on(t.name).where(sql\`name IS NOT NULL\`), check("users_age", sql\`age > 0\`)]);
export const posts = sqliteTable("posts", {
  id: integer("id").primaryKey(),
  author: integer("author").notNull().references(() => users.id, { onDelete: "cascade" }),
  title: text("title").notNull(),
  embedding: vector("embedding"),
});
export const tags = tableOptions(sqliteTable("tags", {
  kind: text("kind", { enum: ["topic", "mood"] }).notNull(),
  label: text("label").notNull(),
  weight: real("weight"),
}, (t) => [primaryKey({ columns: [t.kind, t.label] })]), { strict: true, withoutRowid: true, enumChecks: true });
export const postsSearch = fullTextSearch(posts, { columns: [posts.title], tokenize: "porter" });
vectorIndex(posts.embedding, { metric: "cosine" });
export const adults = sqliteView("adults").as((q) => q.select().from(users).where(sql\`age >= 18\`));
`,
  "triggers.sql": `CREATE TRIGGER users_trim AFTER UPDATE OF name ON users BEGIN
  UPDATE users SET name = trim(new.name) WHERE id = new.id;
END;
`,
};

/** One way a database can differ: a piece of its SQL replaced, statements left out, or statements added. */
interface Drift {
  readonly name: string;
  readonly replace?: readonly [from: string, to: string];
  readonly without?: string;
  readonly add?: readonly string[];
  readonly says: readonly (string | RegExp)[];
}

const drifts: readonly Drift[] = [
  { name: "a table is missing", without: '"tags"', says: ["table tags: only in the models"] },
  { name: "a table is too many", add: ["CREATE TABLE old (a)"], says: ["table old: only in the database"] },
  {
    name: "a column is missing",
    replace: ['  "age" integer,\n  "twice" integer GENERATED ALWAYS AS (age * 2) VIRTUAL,', '"age" integer,'],
    says: ["users.twice: column only in the models"],
  },
  {
    name: "a column is too many",
    add: ["ALTER TABLE posts ADD extra text"],
    says: ["posts.extra: column only in the database"],
  },
  {
    name: "columns stand in another order",
    replace: [
      '"kind" text NOT NULL,\n  "label" text NOT NULL',
      '"label" text NOT NULL,\n  "kind" text NOT NULL',
    ],
    says: [/^tags: column order kind, label, weight in the models, label, kind, weight in the database$/],
  },
  {
    name: "another type",
    replace: ['"title" text', '"title" varchar(20)'],
    says: ["posts.title: type text in the models, type varchar(20) in the database"],
  },
  {
    name: "nullable",
    replace: ['"email" text NOT NULL', '"email" text'],
    says: ["users.email: NOT NULL in the models, nullable in the database"],
  },
  {
    name: "NOT NULL",
    replace: ["DEFAULT 'nobody'", "NOT NULL DEFAULT 'nobody'"],
    says: ["users.name: nullable in the models, NOT NULL in the database"],
  },
  {
    name: "another default",
    replace: ["'nobody'", "'Nobody'"],
    says: ["users.name: DEFAULT 'nobody' in the models, DEFAULT 'Nobody' in the database"],
  },
  {
    name: "no default",
    replace: [" DEFAULT 'nobody'", ""],
    says: ["users.name: DEFAULT 'nobody' in the models, no default in the database"],
  },
  {
    name: "a collation",
    replace: ['"email" text NOT NULL', '"email" text NOT NULL COLLATE NOCASE'],
    says: [/^users.email: no COLLATE in the models, COLLATE NOCASE in the database$/],
  },
  {
    name: "another generated expression",
    replace: ["(age * 2)", "(age * 3)"],
    says: [/^users.twice: generated AS \(age \* 2\) VIRTUAL in the models/],
  },
  {
    name: "stored instead of virtual",
    replace: [") VIRTUAL,", ") STORED,"],
    says: [/^users.twice: .*STORED in the database$/],
  },
  {
    name: "another primary key",
    replace: ['PRIMARY KEY ("kind", "label")', 'PRIMARY KEY ("label", "kind")'],
    says: [/^tags: PRIMARY KEY \(kind, label\) in the models, PRIMARY KEY \(label, kind\)/],
  },
  {
    name: "no AUTOINCREMENT",
    replace: [" AUTOINCREMENT", ""],
    says: [/^users: PRIMARY KEY \(id\) AUTOINCREMENT in the models, PRIMARY KEY \(id\) in the database$/],
  },
  { name: "no unique", without: '"users_email_unique"', says: ["users: UNIQUE (email) only in the models"] },
  {
    name: "a unique too many",
    add: ["CREATE UNIQUE INDEX once ON posts (title)"],
    says: ["posts: UNIQUE (title) only in the database"],
  },
  {
    name: "no foreign key",
    replace: [',\n  FOREIGN KEY ("author") REFERENCES "users" ("id") ON DELETE CASCADE', ""],
    says: [/^posts: FOREIGN KEY \(author\) .* only in the models$/],
  },
  {
    name: "another action of a foreign key",
    replace: ["ON DELETE CASCADE", "ON DELETE SET NULL"],
    says: [/SET NULL only in the database$/, /CASCADE only in the models$/],
  },
  {
    name: "a deferred foreign key",
    replace: ["ON DELETE CASCADE", "ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED"],
    says: [/DEFERRED only in the database$/, /CASCADE only in the models$/],
  },
  {
    name: "no check",
    replace: [',\n  CONSTRAINT "users_age" CHECK (age > 0)', ""],
    says: ["users: CHECK (age > 0) only in the models"],
  },
  {
    name: "another check",
    replace: ["CHECK (age > 0)", "CHECK (age >= 0)"],
    says: ["users: CHECK (age >= 0) only in the database", "users: CHECK (age > 0) only in the models"],
  },
  {
    name: "fewer values of an enum",
    replace: ["('topic', 'mood')", "('topic')"],
    says: [/'topic'\)\) only in the database$/, /'mood'\)\) only in the models$/],
  },
  { name: "no index", without: '"users_name"', says: [/^index users_name on users: .* only in the models$/] },
  {
    name: "an index too many",
    add: ["CREATE INDEX by_title ON posts (title)"],
    says: ["index by_title on posts: (title) only in the database"],
  },
  {
    name: "an index over other columns",
    replace: ['"users_name" ON "users" ("name")', '"users_name" ON "users" ("name" DESC)'],
    says: [/^index users_name on users: \(name\) .* in the models, \(name DESC\)/],
  },
  {
    name: "another partial index",
    replace: ["WHERE name IS NOT NULL", "WHERE name <> ''"],
    says: [/^index users_name on users: .*WHERE/],
  },
  {
    name: "another metric of a vector index",
    replace: ["metric=cosine", "metric=l2"],
    says: [/^index posts_embedding_idx on posts: .*cosine.* in the models, .*l2.* in the database$/],
  },
  {
    name: "not STRICT",
    replace: ["STRICT, WITHOUT ROWID", "WITHOUT ROWID"],
    says: ["tags: STRICT, WITHOUT ROWID in the models, WITHOUT ROWID in the database"],
  },
  {
    name: "with rowids",
    replace: ["STRICT, WITHOUT ROWID", "STRICT"],
    says: ["tags: STRICT, WITHOUT ROWID in the models, STRICT in the database"],
  },
  {
    name: "another view",
    replace: ["age >= 18", "age >= 21"],
    says: ["view adults: defined differently in the models and the database"],
  },
  { name: "no view", without: '"adults"', says: ["view adults: only in the models"] },
  {
    name: "another trigger",
    replace: ["trim(new.name)", "upper(new.name)"],
    says: ["trigger users_trim: defined differently in the models and the database"],
  },
  { name: "no trigger", without: "users_trim", says: ["trigger users_trim: only in the models"] },
  {
    name: "another tokenizer of a full-text search",
    replace: ["tokenize='porter'", "tokenize='trigram'"],
    says: ["virtual table posts_search: defined differently in the models and the database"],
  },
  {
    name: "a full-text search too many",
    add: ["CREATE VIRTUAL TABLE more USING fts5(a)"],
    says: ["virtual table more: only in the database"],
  },
];

let target: RebuildTarget;
let statements: readonly string[];
let files = 0;

beforeAll(async () => {
  target = await createTarget("local", { models: MODELS });
  statements = (await blueprintFromModels(target.deps.config, new Date())).statements.map(({ sql }) => sql);
});

afterAll(() => target[Symbol.asyncDispose]());

/** Checks the models against a new database file made by these statements. */
async function checkDatabase(made: readonly string[], options: CheckOptions = {}): Promise<CheckResult> {
  files += 1;
  const { client, deps } = await openFile(target.project.path(`drift-${files}.db`));
  for (const sql of made) await client.execute(sql);
  client.close();
  return check(deps, options);
}

async function openFile(path: string) {
  const { createClient } = await import("@libsql/client/sqlite3");
  const config = { ...target.deps.config, path: { value: path, origin: "test" } };
  return { client: createClient({ url: `file:${path}` }), deps: { ...target.deps, config } };
}

function drifted({ replace, without, add = [] }: Drift): string[] {
  const kept =
    without === undefined
      ? statements
      : statements.filter((sql) => !sql.startsWith(`CREATE `) || !createsName(sql, without));
  if (without !== undefined) expect(kept.length).toBeLessThan(statements.length);
  if (replace === undefined) return [...kept, ...add];
  const [from, to] = replace;
  expect(kept.filter((sql) => sql.includes(from))).toHaveLength(1);
  return kept.map((sql) => sql.replace(from, to));
}

function createsName(sql: string, name: string): boolean {
  return new RegExp(`^CREATE (UNIQUE )?\\w+ ${name}[ (]`).test(sql);
}

const texts = ({ differences }: CheckResult): string[] =>
  differences.flatMap(({ changes }) => changes.map(({ text }) => text));

describe("every kind of difference is found and said", () => {
  test("the table holds at least 25, and without one there is none", async () => {
    expect(drifts.length).toBeGreaterThanOrEqual(25);
    expect(await checkDatabase(statements)).toMatchObject({ isEqual: true, differences: [] });
  });

  test.each(drifts)("$name", async (drift) => {
    const result = await checkDatabase(drifted(drift), { sql: true });
    expect(result.isEqual).toBe(false);
    expect(texts(result)).toEqual(
      drift.says.map((say) => (typeof say === "string" ? say : expect.stringMatching(say))),
    );
    expect(result.sql).toMatch(/^[-+](?![-+])/m);
  });
});

describe("what check leaves out", () => {
  const others = [
    "CREATE TABLE __drizzle_migrations (id integer)",
    "CREATE INDEX ops_title ON posts (title)",
    "CREATE UNIQUE INDEX ops_once ON posts (title)",
    "CREATE VIEW ops_view AS SELECT 1",
    "CREATE TABLE audit (a)",
    "CREATE TRIGGER audit_posts AFTER INSERT ON posts BEGIN INSERT INTO audit VALUES (1); END",
    "CREATE TRIGGER inner_audit AFTER INSERT ON audit BEGIN SELECT 1; END",
  ];

  test("objects whose names fit a glob, and what belongs to them", async () => {
    const result = await checkDatabase([...statements, ...others], {
      ignore: ["__drizzle*", "OPS_*", "audit*"],
    });
    expect(result).toMatchObject({ isEqual: true });
    expect(result.ignored).toEqual([
      "__drizzle_migrations",
      "audit",
      "audit_posts",
      "ops_once",
      "ops_title",
      "ops_view",
    ]);
  });

  test("nothing that only resembles a glob", async () => {
    const result = await checkDatabase([...statements, ...others], { ignore: ["ops_", "?udit", "drizzle"] });
    expect(texts(result)).toHaveLength(5);
    expect(texts(result).join("\n")).not.toContain("table audit");
  });

  test("the bookkeeping of a rebuild and the tables of the engine", async () => {
    const own = ["CREATE TABLE _clean_slate (key TEXT)", "INSERT INTO users (email) VALUES ('a')", "ANALYZE"];
    expect(await checkDatabase([...statements, ...own])).toMatchObject({ isEqual: true });
  });
});

test("the SQL of a difference shows what is meant and not how it is spelled", async () => {
  const made = statements.map((sql) =>
    sql
      .replace('"name" text', "name TEXT")
      .replace('"age" integer', "[age] INTEGER")
      .replace('"email" text NOT NULL', '"email" text'),
  );
  const { sql } = await checkDatabase(made, { sql: true });
  expect(sql?.split("\n").filter((line) => /^[-+]/.test(line))).toEqual([
    "--- found/users",
    "+++ models/users",
    '-  "email" text,',
    '+  "email" text NOT NULL,',
  ]);
});

test("changes are grouped by their table, triggers and indexes included", async () => {
  const gone = statements.filter((sql) => !/users_trim|"users_name"|"tags"/.test(sql));
  const { differences } = await checkDatabase(gone);
  expect(differences.map(({ kind, name, changes }) => [kind, name, changes.length])).toEqual([
    ["table", "users", 2],
    ["table", "tags", 1],
  ]);
});

describe("against a reviewed file", () => {
  test("no database is touched, the newest file counts, and one can be named", async () => {
    await using own = await createTarget("local", { models: MODELS });
    await expect(check(own.deps, { file: true })).rejects.toMatchObject({ code: "MIGRATION_INVALID" });
    const { file } = await generateMigration(own.deps, {});
    expect(await check(own.deps, { file: true })).toMatchObject({
      isEqual: true,
      counterpart: { kind: "file", file },
    });
    await own.project.write("models/triggers.sql", "");
    expect(texts(await check(own.deps, { file: true }))).toEqual([
      "trigger users_trim: only in the reviewed file",
    ]);
    await generateMigration(own.deps, {});
    expect(await check(own.deps, { file: true })).toMatchObject({ isEqual: true });
    expect(await check(own.deps, { file: `migrations/sql/${file}` })).toMatchObject({ isEqual: false });
    await expect(check(own.deps, {})).rejects.toMatchObject({ code: "DATABASE_NOT_FOUND" });
  });
});

describe("the command", () => {
  test(
    "exits with 0 when equal, 2 when different and 1 when it cannot compare",
    { timeout: 60_000 },
    async () => {
      await using own = await createTarget("local", {
        models: { "a.sql": "CREATE VIEW one AS SELECT 1 AS a;", "b.ts": MODELS["shop.ts"] },
      });
      const cli = (...args: string[]) => runCli(args, { cwd: own.project.dir });
      expect(await cli("check")).toMatchObject({
        code: 1,
        stdout: "",
        stderr: expect.stringContaining("does not exist yet"),
      });
      expect(await cli("apply-migration", "--yes")).toMatchObject({ code: 0 });
      const equal = await cli("check");
      expect(equal).toMatchObject({ code: 0, stderr: "" });
      expect(equal.stdout).toMatch(
        /^equal: local\.db matches the models \(3 tables, .*fingerprint [0-9a-f]{16}\)\n$/,
      );

      await runScript(own, "DROP VIEW one; DROP INDEX users_name; CREATE TABLE __drizzle_migrations (id);");
      const [words, json, sql] = await Promise.all([
        cli("check"),
        cli("check", "--json", "--ignore", "__*", "users_name"),
        cli("check", "--sql"),
      ]);
      expect(words.code).toBe(2);
      expect(words.stdout).toBe(
        "different: local.db does not match the models (3 differences)\n\n" +
          "table __drizzle_migrations\n  table __drizzle_migrations: only in the database\n\n" +
          "table users\n  index users_name on users: (name) WHERE name IS NOT NULL only in the models\n\n" +
          "view one\n  view one: only in the models\n",
      );
      expect(json.code).toBe(2);
      expect(JSON.parse(json.stdout)).toEqual({
        ok: true,
        command: "check",
        equal: false,
        against: "database",
        target: { kind: "local", path: own.project.path("local.db"), host: null },
        file: null,
        fingerprints: {
          models: expect.stringMatching(/^[0-9a-f]{16}$/),
          found: expect.stringMatching(/^[0-9a-f]{16}$/),
        },
        differences: [
          {
            kind: "view",
            name: "one",
            changes: [{ kind: "view-added", name: "one", text: "view one: only in the models" }],
          },
        ],
        ignored: ["__drizzle_migrations", "users_name"],
        warnings: [],
      });
      expect(sql.stdout).toContain("--- found/one\n+++ models/one\n");
    },
  );
});

describe.skipIf(skipSqld).concurrent.each(["replica", "remote"] as const)("on a %s", (kind) => {
  test("the primary is what is compared, and it stays as it is", async () => {
    await using own = await createTarget(kind, { models: MODELS });
    await runScript(own, statements.map((sql) => `${sql};`).join("\n"));
    expect(await check(own.deps, {})).toMatchObject({ isEqual: true });
    await runScript(own, "DROP TRIGGER users_trim;");
    const before = await query(own, "SELECT * FROM sqlite_schema");
    expect(texts(await check(own.deps, {}))).toEqual(["trigger users_trim: only in the models"]);
    expect(await query(own, "SELECT * FROM sqlite_schema")).toEqual(before);
  });
});
