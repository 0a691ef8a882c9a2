import fc from "fast-check";
import { expect, test } from "vitest";
import { planRebuild, type Plan } from "../../../src/plan/plan.ts";
import type { CatalogRow } from "../../../src/schema/types.ts";
import { statementKind } from "../../../src/sql/statements.ts";
import type { Statement } from "../../../src/schema/create.ts";
import { catalogOf, withDatabase } from "../schema/catalog.ts";

const RECORD = { run_id: "r", fingerprint: "f", applied_at: "2026-01-01T00:00:00.000Z", version: "0" };

const statementsOf = (creates: readonly string[]): Statement[] =>
  creates.map((sql) => {
    const { object, name } = statementKind(sql) as { readonly object: string; readonly name: string };
    return { sql, kind: object.toLowerCase() as Statement["kind"], name, table: null, comment: null };
  });

interface Between {
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** What makes the same as `after` where SQLite would not run that. */
  readonly made?: readonly string[];
  /** The tables and indexes that hold nothing. */
  readonly empty?: readonly string[];
}

/** The plan from a database made by `before` to what `after` makes. */
async function planBetween({ before, after, made: makers = after, empty = [] }: Between): Promise<Plan> {
  const made = await withDatabase(makers, catalogOf);
  return withDatabase(before, async (client) =>
    planRebuild({
      rows: await catalogOf(client),
      schemaVersion: Number(Object.values((await client.execute("PRAGMA schema_version")).rows[0] ?? {})[0]),
      creates: statementsOf(after),
      made,
      empty: new Set(empty),
      record: RECORD,
      allowProtected: false,
      shown: [],
      catalog: "in-place",
    }),
  );
}

const acts = ({ statements }: Plan): string[] =>
  statements.filter(({ role }) => role === "drop" || role === "create").map(({ label }) => label);

const USERS = 'CREATE TABLE "users" (id INTEGER PRIMARY KEY, v F32_BLOB(2))';
const BY_ID = 'CREATE INDEX "by_id" ON "users" (id)';
const BY_V = 'CREATE INDEX "by_v" ON "users" (v)';
const STAYS = ['empty table "users"'];
const ANEW = ['drop table "users"', 'create table "users"'];

test("a table that is to the letter what would be made is emptied, what differs is dropped and made", async () => {
  const plan = await planBetween({
    before: [USERS, BY_ID, "CREATE TABLE gone (a)", "CREATE TABLE other (a)"],
    after: [USERS, BY_ID, "CREATE TABLE other (a, b)", "CREATE TABLE fresh (a)"],
  });
  expect(acts(plan)).toEqual([
    'empty table "users"',
    'drop table "other"',
    'drop table "gone"',
    'create table "other"',
    'create table "fresh"',
  ]);
  expect(plan.drops.map(({ name }) => name)).toEqual(["other", "gone", "users"]);
});

test.each([
  { what: "the same indexes", before: [USERS, BY_ID, BY_V], after: [USERS, BY_ID, BY_V], is: STAYS },
  {
    what: "IF NOT EXISTS",
    before: [USERS],
    after: [USERS.replace("TABLE", "table if not exists")],
    is: STAYS,
  },
  {
    what: "an index too many",
    before: [USERS, BY_ID, BY_V],
    after: [USERS, BY_ID],
    is: [...STAYS, 'drop index "by_v"'],
  },
  {
    what: "an index too few",
    before: [USERS, BY_ID],
    after: [USERS, BY_ID, BY_V],
    is: [...STAYS, 'create index "by_v"'],
  },
  {
    what: "a vector index too few",
    before: [USERS, BY_ID],
    after: [USERS, BY_ID, 'CREATE INDEX "near" ON "users" (libsql_vector_idx(v))'],
    is: [...STAYS, 'create index "near"'],
  },
  {
    what: "an index of another kind",
    before: [USERS, BY_ID],
    after: [USERS, BY_ID.replace("INDEX", "UNIQUE INDEX")],
    is: [...STAYS, 'drop index "by_id"', 'create index "by_id"'],
  },
  {
    what: "indexes in another order, in which SQLite looks at them",
    before: [USERS, BY_V, BY_ID],
    after: [USERS, BY_ID, BY_V],
    is: [...STAYS, 'drop index "by_v"', 'drop index "by_id"', 'create index "by_id"', 'create index "by_v"'],
  },
  { what: "another spelling", before: [USERS.replaceAll('"', "`")], after: [USERS], is: ANEW },
  {
    what: "a name in another case",
    before: [USERS.replace("users", "Users")],
    after: [USERS],
    is: ['drop table "Users"', 'create table "users"'],
  },
  {
    what: "rows that its CREATE makes",
    before: ["CREATE TABLE users(a)"],
    after: ["CREATE TABLE users AS SELECT 1 AS a ORDER BY users(a)"],
    made: ["CREATE TABLE users(a)"],
    is: ANEW,
  },
  {
    what: "rows that its CREATE makes, and a second one that makes nothing",
    before: ["CREATE TABLE users(a)"],
    after: ["CREATE TABLE users AS SELECT 1 AS a", "CREATE TABLE IF NOT EXISTS users(a)"],
    is: [...ANEW, 'create table "users"'],
  },
  {
    what: "an index that the engine calls its own",
    before: [USERS, 'CREATE UNIQUE INDEX _cf_i ON "users" (v)'],
    after: [USERS],
    is: ANEW,
  },
  {
    what: "a trigger that the engine calls its own",
    before: [USERS, 'CREATE TRIGGER libsql_t BEFORE DELETE ON "users" BEGIN SELECT RAISE(IGNORE); END'],
    after: [USERS],
    is: ANEW,
  },
  {
    what: "a trigger, which is dropped for itself",
    before: [USERS, 'CREATE TRIGGER t BEFORE DELETE ON "users" BEGIN SELECT RAISE(IGNORE); END'],
    after: [USERS],
    is: ['drop trigger "t"', ...STAYS],
  },
  {
    what: "a vector index",
    before: [USERS, 'CREATE INDEX "near" ON "users" (libsql_vector_idx(v))'],
    after: [USERS, 'CREATE INDEX "near" ON "users" (libsql_vector_idx(v))'],
    is: ['drop vector index "near"', ...ANEW, 'create index "near"'],
  },
])("a table with $what", async ({ before, after, made, is }) => {
  expect(acts(await planBetween({ before, after, ...(made && { made }) }))).toEqual(is);
});

test("a table known to be empty is not written to, and must be empty when the transaction ends", async () => {
  const plan = await planBetween({ before: [USERS], after: [USERS], empty: ["users"] });
  expect(acts(plan)).toEqual([]);
  const { sql, refusal } = plan.statements.at(-2) ?? {};
  expect(sql).toContain('NOT EXISTS (SELECT 1 FROM "users")');
  expect(refusal).toBe("rows");
});

test("a table without rows whose index has entries is emptied, which mends the index", async () => {
  const before = [`${USERS.slice(0, -1)}, UNIQUE (v))`, BY_ID];
  const auto = "sqlite_autoindex_users_1";
  const known = async (empty: readonly string[]) => acts(await planBetween({ before, after: before, empty }));
  expect(await known(["users", "by_id", auto])).toEqual([]);
  expect(await known(["users", "by_id"])).toEqual(STAYS);
  expect(await known(["users", auto])).toEqual(STAYS);
});

/** Always there, so that every reference finds a key. */
const LAST = 5;
const END = `CREATE TABLE t${LAST} (id INTEGER PRIMARY KEY, a)`;

/** What a database may hold of each number. */
const VARIANTS = [
  (n: number) => [`CREATE TABLE t${n} (id INTEGER PRIMARY KEY AUTOINCREMENT, a)`],
  (n: number) => [
    `CREATE TABLE t${n} (id INTEGER PRIMARY KEY, a UNIQUE)`,
    `CREATE INDEX i${n} ON t${n} (a, id)`,
  ],
  (n: number) => [
    `CREATE TABLE t${n} (id INTEGER PRIMARY KEY, a UNIQUE)`,
    `CREATE INDEX i${n} ON t${n} (a, id)`,
    `CREATE UNIQUE INDEX j${n} ON t${n} (id, a)`,
  ],
  (n: number) => [
    `CREATE TABLE t${n} (id INTEGER PRIMARY KEY, a UNIQUE)`,
    `CREATE UNIQUE INDEX j${n} ON t${n} (id, a)`,
    `CREATE INDEX i${n} ON t${n} (a, id)`,
  ],
  (n: number) => [`CREATE TABLE t${n} (id PRIMARY KEY, a REFERENCES t${n} (id)) WITHOUT ROWID`],
  (n: number) => [
    `CREATE TABLE t${n} (id INTEGER PRIMARY KEY, a REFERENCES t${n + 1} (id) ON DELETE CASCADE)`,
    `CREATE TRIGGER g${n} AFTER DELETE ON t${n} BEGIN INSERT INTO t${n} (a) VALUES (old.a); END`,
  ],
  (n: number) => [
    `CREATE VIRTUAL TABLE f${n} USING fts5(id, a)`,
    `CREATE VIEW v${n} AS SELECT id FROM t${LAST}`,
  ],
];
const databases = fc
  .array(fc.constantFrom(null, ...VARIANTS.keys()), { minLength: LAST, maxLength: LAST })
  .map((choice) => [
    END,
    ...choice
      .map((variant, n) => (variant === null ? [] : (VARIANTS[variant]?.(n) ?? [])))
      .toReversed()
      .flat(),
  ]);

test("whatever was there, what a rebuild leaves is what an empty database becomes", async () => {
  await fc.assert(
    fc.asyncProperty(databases, databases, async (before, after) => {
      const made = await withDatabase(after, catalogOf);
      const plan = await planBetween({ before: [...before, "ANALYZE"], after });
      const fill = before.flatMap((sql) => {
        const kind = statementKind(sql);
        return kind.verb === "CREATE" && kind.object === "TABLE"
          ? [`INSERT INTO ${kind.name} (id, a) VALUES (7, NULL)`]
          : [];
      });
      await withDatabase(["PRAGMA foreign_keys=OFF", ...before, ...fill, "ANALYZE"], async (client) => {
        for (const { sql } of plan.statements) await client.execute(sql);
        const rows = (await catalogOf(client)).filter(({ table }) => !/^_clean_slate|^sqlite_/.test(table));
        expect(sorted(rows)).toEqual(sorted(made.filter(({ table }) => !table.startsWith("sqlite_"))));
        expect(indexesOf(rows)).toEqual(indexesOf(made));
        for (const { type, name } of rows) {
          if (type === "table" && /^[tf]\d$/.test(name))
            expect((await client.execute(`SELECT * FROM ${name}`)).rows).toEqual([]);
        }
        const memories = (await catalogOf(client)).filter(({ name }) => /^sqlite_(sequence|stat)/.test(name));
        expect(memories.length).toBeGreaterThan(0);
        for (const { name } of memories)
          expect((await client.execute(`SELECT * FROM ${name}`)).rows).toEqual([]);
      });
    }),
    { numRuns: 250 },
  );
});

function sorted(rows: readonly { readonly name: string }[]): unknown[] {
  return rows.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The indexes of each table, in the order in which SQLite looks at them. */
function indexesOf(rows: readonly CatalogRow[]): unknown[] {
  const indexes = rows.filter(({ type, sql }) => type === "index" && sql !== null);
  return indexes.toSorted((a, b) => (a.table < b.table ? -1 : Number(a.table > b.table)));
}

test("an index that leaves a table that stays is there as long as a foreign key needs it", async () => {
  const CHILD = "CREATE TABLE child (x REFERENCES parent (x) ON DELETE CASCADE)";
  const GONE = "CREATE TABLE gone (x REFERENCES parent (x))";
  const PARENT = "CREATE TABLE parent (id INTEGER PRIMARY KEY, x)";
  const before = [PARENT, "CREATE UNIQUE INDEX old_x ON parent (x)", CHILD, GONE];
  const plan = await planBetween({
    before,
    after: [PARENT, "CREATE UNIQUE INDEX new_x ON parent (x)", CHILD],
  });
  expect(acts(plan)).toContain('drop index "old_x"');
  const fill = ["parent (x)", "child (x)", "gone (x)"].map((table) => `INSERT INTO ${table} VALUES (1)`);
  await withDatabase(["PRAGMA foreign_keys=ON", ...before, ...fill], async (client) => {
    const statements = plan.statements.map(({ sql }) => sql);
    await client.batch(statements, "write");
    const { rows } = await client.execute("SELECT count(*) AS rows FROM child, parent");
    expect(rows[0]).toMatchObject({ rows: 0 });
    await client.execute("INSERT INTO parent (x) VALUES (1)");
    await expect(client.execute("INSERT INTO parent (x) VALUES (1)")).rejects.toThrow(/UNIQUE/);
  });
});
