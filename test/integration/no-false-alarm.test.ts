import { createClient } from "@libsql/client/sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Database } from "../../src/database/database.ts";
import { readSnapshot } from "../../src/database/inspect.ts";
import { openLocal } from "../../src/database/local.ts";
import { openRemote } from "../../src/database/remote.ts";
import { executeStatements } from "../../src/database/scratch.ts";
import { primaryFromUrl } from "../../src/database/target.ts";
import { droppedObjects, dropStatement } from "../../src/plan/drop.ts";
import { createStatements, type Statement } from "../../src/schema/create.ts";
import { describeChange } from "../../src/schema/describe-change.ts";
import { diffSchemas } from "../../src/schema/diff.ts";
import { fingerprintOf } from "../../src/schema/fingerprint.ts";
import { schemaFromCatalog } from "../../src/schema/from-catalog.ts";
import { schemaFromModels } from "../../src/schema/from-models.ts";
import { statementsFromSqlFile } from "../../src/schema/from-sql-files.ts";
import { proofGroups, proofUnits, unitsByTable } from "../../src/schema/proof-units.ts";
import type { CatalogRow } from "../../src/schema/types.ts";
import { allCases } from "../cases/all-cases.ts";
import type { Case } from "../cases/case.ts";
import { kitStatements } from "../cases/drizzle-kit.ts";
import { drizzle045Version } from "../cases/drizzle-versions.ts";
import { histories } from "../cases/histories.ts";
import { drizzleKit1Cases } from "../cases/drizzle-kit-1.ts";
import { handWrittenCases } from "../cases/hand-written.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../support/paths.ts";
import { runInReplica } from "../support/replica-client.ts";
import { skipSqld, startSqld } from "../support/sqld.ts";

const EMPTY = { tables: [], virtualTables: [], views: [], triggers: [] };
const READ = `SELECT type, name, tbl_name AS "table", sql FROM sqlite_schema ORDER BY rowid`;

/** What the models of a case, or a hand-written file, create: the statements, and the catalog they make in memory. */
interface Made {
  readonly name: string;
  readonly creates: readonly Statement[];
  readonly statements: readonly string[];
  readonly rows: readonly CatalogRow[];
}

let made: Made[];
let folder: TemporaryFolder;

beforeAll(async () => {
  const accepted = Object.values(allCases)
    .flat()
    .filter((entry) => entry.expect.kind !== "refused");
  const statements = [
    ...accepted.map((entry) => ({ name: entry.name, creates: statementsOf(entry) })),
    ...handWrittenCases.map(({ name, sql }) => ({
      name,
      creates: createStatements(EMPTY, statementsFromSqlFile({ file: "case.sql", text: sql })),
    })),
  ];
  made = await Promise.all(
    statements.map(async ({ name, creates }) => ({
      name,
      creates,
      statements: creates.map(({ sql }) => sql),
      rows: executeStatements(creates),
    })),
  );
  folder = await createTemporaryFolder("no-false-alarm");
});

afterAll(() => folder[Symbol.asyncDispose]());

function statementsOf(entry: Case) {
  const models = Object.entries(drizzle045Version.exportsOf(entry)).map(([key, value]) => {
    const [file = "", name] = key.split("/");
    return name === undefined ? { file: "models.ts", name: file, value } : { file, name, value };
  });
  return createStatements(
    schemaFromModels(drizzle045Version.api, models, { casing: entry.options?.casing ?? null }),
  );
}

/** What check would say of a database with these rows. */
function alarms(expected: readonly CatalogRow[], live: readonly CatalogRow[]): string[] {
  const [to, from] = [schemaFromCatalog(expected), schemaFromCatalog(live)];
  const changes = diffSchemas(from, to).map((change) => describeChange(change));
  if (changes.length === 0) expect(fingerprintOf(from)).toBe(fingerprintOf(to));
  return changes;
}

describe("a database that was rebuilt from its models is equal to them", () => {
  const rebuildEach = async (database: Database) => {
    let live: readonly CatalogRow[] = [];
    const wrong: string[] = [];
    for (const { name, statements, rows } of made) {
      const drops = droppedObjects(live).map(dropStatement);
      const outcome = await database.transact([...drops, ...statements], []);
      expect({ name, ...outcome }).toMatchObject({ kind: "committed" });
      live = (await readSnapshot(database)).rows;
      wrong.push(...alarms(rows, live).map((alarm) => `${name}: ${alarm}`));
    }
    database.close();
    return wrong;
  };

  test("in a local file", async () => {
    expect(made.length).toBeGreaterThan(270);
    expect(await rebuildEach(openLocal(`${folder.dir}/local.db`))).toEqual([]);
  });

  test.skipIf(skipSqld)("on a primary", async () => {
    await using sqld = await startSqld();
    expect(await rebuildEach(openRemote(primaryFromUrl(sqld.url, null, 10_000)))).toEqual([]);
  });

  test.skipIf(skipSqld)(
    "when its statements went through an embedded replica, which prints them anew",
    async () => {
      await using sqld = await startSqld();
      const sql = made.flatMap(({ statements, rows }) => [
        ...statements,
        READ,
        ...droppedObjects(rows).map(dropStatement),
      ]);
      const results = await runInReplica({
        file: `${folder.dir}/replica.db`,
        url: sqld.url,
        sql,
        timeoutMs: 60_000,
      });
      const catalogs = results.filter((_, at) => sql[at] === READ) as unknown as CatalogRow[][];
      const wrong = made.flatMap(({ name, rows }, at) =>
        alarms(rows, catalogs[at] ?? []).map((alarm) => `${name}: ${alarm}`),
      );
      expect(wrong).toEqual([]);
      const reprinted = made.filter(({ rows }, at) =>
        rows.some(({ sql: text, name }) => catalogs[at]?.find((row) => row.name === name)?.sql !== text),
      );
      expect(reprinted.length).toBeGreaterThan(40);
    },
  );
});

test("a schema that is proven in parts is the one that is proven whole", async () => {
  const named = (rows: readonly CatalogRow[]) =>
    rows.map(({ type, name, table, sql }) => JSON.stringify([name, type, table, sql])).toSorted();
  const parted = made.filter(({ creates }) => isParted(creates));
  for (const { creates, rows } of parted) expect(named(executeStatements(creates, 1))).toEqual(named(rows));
  expect(parted.length).toBeGreaterThan(30);
});

function isParted(statements: readonly Statement[]): boolean {
  const units = proofUnits(statements);
  return (proofGroups(units, unitsByTable(units), 1)?.length ?? 1) > 1;
}

describe("a database made in another way is equal to its models", () => {
  const same = Object.values(allCases)
    .flat()
    .filter((entry) => entry.expect.kind === "same-as-kit");

  test("by drizzle-kit 0.31", async () => {
    const wrong: string[] = [];
    for (const entry of same) {
      const ours = executeStatements(statementsOf(entry));
      wrong.push(
        ...alarms(ours, await catalogAfter(await kitStatements(entry))).map(
          (alarm) => `${entry.name}: ${alarm}`,
        ),
      );
    }
    expect(same.length).toBeGreaterThan(180);
    expect(wrong).toEqual([]);
  });

  test.each(drizzleKit1Cases)("by drizzle-kit 1.0: $name", async ({ models, kit }) => {
    const expected = executeStatements(statementsOf({ name: "", models, expect: { kind: "same-as-kit" } }));
    expect(alarms(expected, await catalogAfter(kit))).toEqual([]);
  });

  test.each(histories)("by a history: $name", async ({ history, schema }) => {
    expect(alarms(await catalogAfter(schema), await catalogAfter(history))).toEqual([]);
  });
});

async function catalogAfter(statements: readonly string[]): Promise<CatalogRow[]> {
  const client = createClient({ url: ":memory:" });
  try {
    for (const sql of statements) await client.execute(sql);
    const { rows } = await client.execute(READ);
    return rows.map((row) => ({ ...row })) as unknown as CatalogRow[];
  } finally {
    client.close();
  }
}
