// What dropping and creating a whole schema costs in a local file, with its catalog in place and set aside.
// Run it with: npx tsx bench/aside.ts
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, rowsOf } from "../src/database/sqlite.ts";
import { planRebuild } from "../src/plan/plan.ts";
import type { Statement } from "../src/schema/create.ts";
import type { CatalogRow } from "../src/schema/types.ts";
import { READ_CATALOG } from "../src/database/inspect.ts";
import { createStatements } from "./models/sql.ts";
import { buildTables } from "./models/tables.ts";
import { median } from "./statistics.ts";

const SIZES = [
  { tables: 50, runs: 9 },
  { tables: 500, runs: 5 },
  { tables: 2_000, runs: 3 },
];
const folder = mkdtempSync(join(tmpdir(), "clean-slate-aside-"));
const path = join(folder, "app.db");

try {
  console.table(SIZES.map(measure));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Milliseconds of both ways, which take turns. */
function measure({ tables, runs }: (typeof SIZES)[number]): Record<string, number> {
  const creates = createStatements(buildTables(tables)).map((sql): Statement => ({
    sql,
    kind: "table",
    name: "",
    table: null,
    comment: null,
  }));
  const times = {
    inPlace: { create: [] as number[], replace: [] as number[] },
    aside: { create: [] as number[], replace: [] as number[] },
  };
  for (let run = 0; run < runs; run += 1) {
    for (const way of ["inPlace", "aside"] as const) {
      rmSync(path, { force: true });
      times[way].create.push(rebuild(creates, way === "aside"));
      times[way].replace.push(rebuild(creates, way === "aside"));
    }
  }
  const { inPlace, aside } = times;
  return {
    tables,
    "CREATE ms": round(inPlace.create),
    "aside ms": round(aside.create),
    "DROP, CREATE ms": round(inPlace.replace),
    "aside ms ": round(aside.replace),
  };
}

function rebuild(creates: readonly Statement[], isLocal: boolean): number {
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
    isLocal,
  });
  const start = performance.now();
  connection.exec("PRAGMA foreign_keys=OFF; BEGIN EXCLUSIVE");
  for (const { sql } of statements) connection.exec(sql);
  connection.exec("COMMIT");
  const time = performance.now() - start;
  connection.close();
  return time;
}

function round(times: readonly number[]): number {
  return Math.round(median(times));
}
