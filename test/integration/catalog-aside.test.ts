import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PreparedRebuild } from "../../src/actions/prepare-rebuild.ts";
import { renderScript } from "../../src/cli/ledger.ts";
import type { Outcome } from "../../src/database/database.ts";
import { openLocal } from "../../src/database/local.ts";
import { connect, rowsOf, type Connection } from "../../src/database/sqlite.ts";
import type { CatalogPlace } from "../../src/plan/catalog-aside.ts";
import { planRebuild, type Plan } from "../../src/plan/plan.ts";
import type { Statement } from "../../src/schema/create.ts";
import type { CatalogRow } from "../../src/schema/types.ts";
import { statementKind } from "../../src/sql/statements.ts";
import { ODD_DATABASE } from "../support/odd-database.ts";

const CATALOG = `SELECT type, name, tbl_name AS "table", sql FROM sqlite_schema`;
/** What the engine makes once for all who need it; where it comes in the catalog is its own affair. */
const IS_SHARED = "tbl_name IN ('sqlite_sequence', 'libsql_vector_meta_shadow')";
const RECORD = { run_id: "r", fingerprint: "f", applied_at: "2026-01-01T00:00:00.000Z", version: "0" };
const MANY = Array.from({ length: 120 }, (_, index) => index);

const OLD = MANY.map(
  (
    n,
  ) => `CREATE TABLE old${n} (id INTEGER PRIMARY KEY, v TEXT UNIQUE); CREATE INDEX old${n}_v ON old${n} (v, id);
INSERT INTO old${n} VALUES (1, hex(zeroblob(9000))), (2, 'x');`,
).join("\n");

/** As this program spells them, so that nothing of them need be remembered. */
const SPELLED = Array.from({ length: 160 }, (_, n) => n).flatMap((n) => [
  `CREATE TABLE "made${n}" (id INTEGER PRIMARY KEY${n % 3 ? "" : " AUTOINCREMENT"}, v TEXT UNIQUE, w F32_BLOB(2), p REFERENCES made${n + 1} (id))`,
  ...(n % 2 ? [`CREATE UNIQUE INDEX "made${n}_p" ON "made${n}" (p, v)`] : []),
  ...(n % 40 ? [] : [`CREATE INDEX "made${n}_w" ON "made${n}" (libsql_vector_idx(w))`]),
]);

const CREATES = [
  ...SPELLED,
  ...MANY.flatMap((n) => [
    `CREATE TABLE new${n} (id INTEGER PRIMARY KEY ${n % 3 ? "" : "AUTOINCREMENT"}, v TEXT UNIQUE, p REFERENCES new${n + 1} (id))`,
    `CREATE INDEX new${n}_p ON new${n} (p, v)`,
    ...(n % 20 ? [] : [`CREATE TRIGGER new${n}_t AFTER INSERT ON new${n} BEGIN DELETE FROM heap; END`]),
  ]),
  `CREATE TABLE new${MANY.length} (id INTEGER PRIMARY KEY, v, p)`,
  "CREATE TABLE heap (a, b, PRIMARY KEY (a, b)) WITHOUT ROWID",
  'CREATE TABLE "_clean_slate_catalog" (name)',
  'CREATE INDEX by_name ON "_clean_slate_catalog" (name)',
  "CREATE VIRTUAL TABLE words USING fts5(a, b)",
  "CREATE TABLE points (id INTEGER PRIMARY KEY, v F32_BLOB(2))",
  "CREATE INDEX points_v ON points (libsql_vector_idx(v))",
  "CREATE VIEW seen AS SELECT id FROM new7",
];

const creates = CREATES.map(statementFrom);

function statementFrom(sql: string): Statement {
  const { object, name } = statementKind(sql) as { readonly object: string; readonly name: string };
  return { sql, kind: object.toLowerCase() as Statement["kind"], name, table: null, comment: null };
}

const folder = mkdtempSync(join(tmpdir(), "catalog-aside-"));
afterAll(() => rmSync(folder, { recursive: true }));

const PLACES = ["aside", "forgotten"] as const satisfies readonly CatalogPlace[];

const SETTINGS = [
  ["none", "PRAGMA auto_vacuum=NONE"],
  ["full", "PRAGMA auto_vacuum=FULL"],
  ["incremental", "PRAGMA auto_vacuum=INCREMENTAL"],
  ["wal", "PRAGMA journal_mode=WAL"],
  ["utf-16", "PRAGMA encoding='UTF-16le'; PRAGMA page_size=1024"],
] as const;

describe.each(SETTINGS)("a file made with auto_vacuum, journal or encoding: %s", (name, settings) => {
  const before = join(folder, `${name}-before.db`);
  let rows: readonly CatalogRow[];
  let schemaVersion: number;

  beforeAll(() => {
    using database = opened(before);
    database.connection.exec(`PRAGMA foreign_keys=OFF; ${settings}; BEGIN; ${ODD_DATABASE} ${OLD} COMMIT;`);
    database.connection.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    rows = database.rows(CATALOG) as unknown as readonly CatalogRow[];
    schemaVersion = Number(database.rows("PRAGMA schema_version")[0]?.["schema_version"]);
  });

  const plan = (place: CatalogPlace, made: readonly Statement[] = creates): Plan =>
    planRebuild({
      rows,
      schemaVersion,
      creates: made,
      made: [],
      empty: new Set(),
      record: RECORD,
      allowProtected: true,
      shown: [],
      catalog: place,
    });

  const run = async ({ statements }: Plan, copy: string): Promise<Outcome> => {
    copyFileSync(before, copy);
    const database = openLocal(copy);
    try {
      return await database.transact(
        statements.map(({ sql }) => sql),
        [`${CATALOG} WHERE NOT ${IS_SHARED}`, `${CATALOG} WHERE ${IS_SHARED}`, "PRAGMA integrity_check"],
      );
    } finally {
      database.close();
    }
  };

  test.each(PLACES)("becomes what it becomes with its catalog in place: %s", async (place) => {
    const [aside, inPlace] = [plan(place), plan("in-place")];
    const moves = aside.statements.filter(({ role }) => role === "catalog");
    const forgetting = moves.filter(({ sql }) => sql.endsWith("writable_schema=RESET"));
    expect([moves.length > 5, forgetting.length > 3]).toEqual([true, place === "forgotten"]);
    const script = renderScript({ plan: aside } as PreparedRebuild);
    expect(script).toBe(renderScript({ plan: inPlace } as PreparedRebuild));

    const [path = "", other = ""] = ["", "-in-place"].map((end) => join(folder, `${name}-${place}${end}.db`));
    const outcome = await run(aside, path);
    expect(outcome).toEqual(await run(inPlace, other));
    expect(outcome.kind).toBe("committed");

    using database = opened(path);
    expect(database.rows("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
    expect(database.rows("SELECT name FROM sqlite_schema WHERE name LIKE 'old%'")).toEqual([]);
    for (const n of MANY)
      database.connection.exec(`INSERT INTO new${n} (v) VALUES ('a'), (hex(zeroblob(5000)))`);
    database.connection.exec("INSERT INTO words VALUES ('one two', 'three')");
    database.connection.exec("INSERT INTO points VALUES (1, vector32('[1,2]'))");
    expect(database.rows("SELECT a FROM words('two')")).toEqual([{ a: "one two" }]);
    expect(database.rows("SELECT v FROM _cf_KV")).toEqual([{ v: "kept" }]);
    expect(database.rows("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
  });

  test.each(PLACES)("stays as it was when a statement fails meanwhile: %s", async (place) => {
    const path = join(folder, `${name}-${place}-failed.db`);
    const failing = plan(place, [...creates, statementFrom("CREATE TABLE heap (a)")]);
    const outcome = await run(failing, path);
    expect(outcome).toMatchObject({ kind: "rolled-back" });
    const index = outcome.kind === "rolled-back" ? outcome.index : null;
    expect(failing.statements[index ?? 0]).toMatchObject({ sql: "CREATE TABLE heap (a)" });

    using database = opened(path);
    expect(database.rows(CATALOG)).toEqual(rows);
    expect(database.rows("SELECT count(*) AS rows FROM old119 WHERE v >= ''")).toEqual([{ rows: 2 }]);
    expect(database.rows("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
  });

  test.each(["made0", "KV_idx"])(
    "is not given a second object of a name that is forgotten: %s",
    async (taken) => {
      const path = join(folder, `${name}-${taken}.db`);
      const twice = statementFrom(`CREATE TABLE "${taken}" (a)`);
      const made = [...creates.slice(0, 210), twice, ...creates.slice(210, 240)];
      const refused = plan("forgotten", made);
      const outcome = await run(refused, path);
      expect(outcome).toMatchObject({ kind: "rolled-back", error: { code: "SQL_INVALID" } });
      const index = outcome.kind === "rolled-back" ? outcome.index : null;
      expect(refused.statements[index ?? 0]).toMatchObject({ sql: twice.sql });
      using database = opened(path);
      expect(database.rows(CATALOG)).toEqual(rows);
    },
  );
});

/** A file full of what is old, open in an application, and the plan that replaces it. */
function openedByApplication(name: string, journal: "wal" | "delete") {
  const path = join(folder, `${name}.db`);
  const application = opened(path);
  application.connection.exec(`PRAGMA journal_mode=${journal}; ${OLD}`);
  const [version] = application.rows("PRAGMA schema_version");
  const plan = planRebuild({
    rows: application.rows(CATALOG) as unknown as readonly CatalogRow[],
    schemaVersion: Number(version?.["schema_version"]),
    creates,
    made: [],
    empty: new Set(),
    record: RECORD,
    allowProtected: true,
    shown: [],
    catalog: "forgotten",
  });
  return { path, application, statements: plan.statements.map(({ sql }) => sql) };
}

test("the application that has the file open sees the old tables, then the new ones", () => {
  const { path, application, statements } = openedByApplication("open", "wal");
  using _ = application;
  const counting = application.connection.prepare("SELECT count(*) AS rows FROM old5");
  using tool = opened(path);
  tool.connection.exec("PRAGMA foreign_keys=OFF; BEGIN EXCLUSIVE");
  for (const sql of statements) {
    tool.connection.exec(sql);
    expect(counting.get()).toMatchObject({ rows: 2 });
  }
  tool.connection.exec("COMMIT");
  expect(() => counting.get()).toThrow(/no such table: old5/);
  application.connection.exec("INSERT INTO new5 (v) VALUES ('written by the application')");
  expect(tool.rows("SELECT v FROM new5")).toEqual([{ v: "written by the application" }]);
});

test("an application that reads all the while is waited for once, however much there is to write", async () => {
  const { path, application, statements } = openedByApplication("read", "delete");
  using _ = application;
  application.connection.exec("BEGIN");
  const before = application.rows(CATALOG);
  const database = openLocal(path);
  try {
    expect(await database.transact(statements, [])).toMatchObject({
      kind: "rolled-back",
      index: null,
      error: { code: "DATABASE_BUSY" },
    });
    application.connection.exec("COMMIT");
    expect(await database.read([CATALOG])).toEqual([before]);
  } finally {
    database.close();
  }
}, 20_000);

interface OpenedFile extends Disposable {
  readonly connection: Connection;
  readonly rows: (sql: string) => ReturnType<typeof rowsOf>;
}

function opened(path: string): OpenedFile {
  const connection = connect(path);
  return {
    connection,
    rows: (sql) => rowsOf(connection, sql),
    [Symbol.dispose]: () => void connection.close(),
  };
}
