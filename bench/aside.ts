// What dropping and creating a whole schema costs in a local file, by where its catalog is meanwhile.
// Run it with: npx tsx bench/aside.ts
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, rowsOf } from "../src/database/sqlite.ts";
import type { CatalogPlace } from "../src/plan/catalog-aside.ts";
import { planRebuild } from "../src/plan/plan.ts";
import type { Statement } from "../src/schema/create.ts";
import type { CatalogRow } from "../src/schema/types.ts";
import { READ_CATALOG } from "../src/database/inspect.ts";
import { statementKind } from "../src/sql/statements.ts";
import { createStatements } from "./models/sql.ts";
import { buildTables } from "./models/tables.ts";
import { median } from "./statistics.ts";

const PLACES = ["in-place", "aside", "forgotten"] as const satisfies readonly CatalogPlace[];
const SIZES = [
  { tables: 50, runs: 9, places: PLACES },
  { tables: 500, runs: 5, places: PLACES },
  { tables: 2_000, runs: 3, places: PLACES },
  { tables: 10_000, runs: 1, places: PLACES.slice(1) }, // in place it is minutes
];
const folder = mkdtempSync(join(tmpdir(), "clean-slate-aside-"));
const path = join(folder, "app.db");

try {
  console.table(SIZES.map(measure));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Milliseconds of all ways, which take turns. */
function measure({ tables, runs, places }: (typeof SIZES)[number]): Record<string, number> {
  const creates = createStatements(buildTables(tables)).map(statementFrom);
  const times = new Map(places.map((place) => [place, { create: [] as number[], replace: [] as number[] }]));
  for (let run = 0; run < runs; run += 1) {
    for (const [place, { create, replace }] of times) {
      rmSync(path, { force: true });
      create.push(rebuild(creates, place));
      replace.push(rebuild(creates, place));
    }
  }
  const columns = [...times].flatMap(([place, { create, replace }]) => [
    [`CREATE, ${place} (ms)`, Math.round(median(create))] as const,
    [`DROP, CREATE, ${place} (ms)`, Math.round(median(replace))] as const,
  ]);
  return { tables, ...Object.fromEntries(columns) };
}

function statementFrom(sql: string): Statement {
  const { object, name } = statementKind(sql) as { readonly object: string; readonly name: string };
  return { sql, kind: object.toLowerCase() as Statement["kind"], name, table: null, comment: null };
}

function rebuild(creates: readonly Statement[], catalog: CatalogPlace): number {
  const connection = connect(path);
  const rows = rowsOf(connection, READ_CATALOG) as unknown as readonly CatalogRow[];
  const [version] = rowsOf(connection, "PRAGMA schema_version");
  const { statements } = planRebuild({
    rows,
    schemaVersion: Number(version?.["schema_version"]),
    creates,
    made: [],
    empty: new Set(),
    record: { run_id: "r", fingerprint: "f", applied_at: "", version: "" },
    allowProtected: true,
    shown: [],
    catalog,
  });
  const start = performance.now();
  connection.exec("PRAGMA foreign_keys=OFF; BEGIN EXCLUSIVE");
  for (const { sql } of statements) connection.exec(sql);
  connection.exec("COMMIT");
  const time = performance.now() - start;
  connection.close();
  return time;
}
