import { existsSync } from "node:fs";
import type { Database } from "../database/database.ts";
import { sumByTable } from "../database/inventory.ts";
import { readBookkeeping, readSnapshot, type Snapshot } from "../database/inspect.ts";
import { refuseNonFile } from "../database/open.ts";
import { openRemote } from "../database/remote.ts";
import type { Primary } from "../database/target.ts";
import { CleanSlateError } from "../errors.ts";
import { protectionOf, type Protection } from "../plan/bookkeeping.ts";
import { fingerprintOf } from "../schema/fingerprint.ts";
import { schemaFromCatalog } from "../schema/from-catalog.ts";
import type { Schema, Table } from "../schema/types.ts";
import { identifier } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";

export interface TableReport {
  readonly name: string;
  /** Exact up to {@link COUNTED}; beyond that the highest rowid, `isEstimate` set. Null where neither can be read. */
  readonly rows: number | null;
  readonly isEstimate: boolean;
  readonly columns: number;
  readonly indexes: number;
  /** Pages of the table and its indexes; null in a database too large to walk through for it. */
  readonly bytes: number | null;
}

export interface DatabaseReport {
  readonly sqliteVersion: string;
  readonly journalMode: string | null;
  readonly pages: { readonly count: number; readonly size: number; readonly free: number } | null;
  readonly tables: readonly TableReport[];
  readonly schema: Schema;
  readonly fingerprint: string;
  /** What the last rebuild wrote down: run_id, fingerprint, applied_at, version; null when there was none. */
  readonly lastRun: Readonly<Record<string, string>> | null;
  /** Since when and why it is not to be rebuilt; null when it may be. */
  readonly protection: Protection | null;
}

/** Rows counted exactly in each table. */
const COUNTED = 10_000;

/** Pages (400 MB of the usual size) up to which the sizes of tables are read, which looks at every page. */
const SIZED_PAGES = 100_000;

/** Reads the local file, or the replica's file as it lies there. */
export async function inspectDatabaseFile(path: string): Promise<DatabaseReport> {
  if (!existsSync(path)) {
    throw new CleanSlateError("DATABASE_UNREADABLE", `"${path}" does not exist yet`, {
      hint: "clean-slate apply-migration makes it",
    });
  }
  refuseNonFile(path);
  const { openLocal } = await import("../database/local.ts");
  const database = openLocal(path);
  try {
    return await inspectDatabase(database);
  } finally {
    database.close();
  }
}

export async function inspectPrimary(
  primary: Primary,
): Promise<DatabaseReport & { readonly host: string; readonly latency: number }> {
  const database = openRemote(primary);
  await database.read(["SELECT 1"]); // opens the connection, so that the next trip is the network's alone
  const start = performance.now();
  await database.read(["SELECT 1"]);
  const latency = Math.round(performance.now() - start);
  return { ...(await inspectDatabase(database)), host: primary.host, latency };
}

async function inspectDatabase(database: Database): Promise<DatabaseReport> {
  const snapshot = await readSnapshot(database);
  const schema = schemaFromCatalog(snapshot.rows);
  const pages = await readPages(database);
  const bookkeeping = await readBookkeeping(database, snapshot);
  const { protected: _, ...lastRun } = bookkeeping;
  return {
    sqliteVersion: snapshot.sqliteVersion,
    journalMode: pages.journalMode,
    pages: pages.pages,
    tables: await readTables(database, {
      schema,
      snapshot,
      isSmall: (pages.pages?.count ?? 0) <= SIZED_PAGES,
    }),
    schema,
    fingerprint: fingerprintOf(schema),
    lastRun: "run_id" in lastRun ? lastRun : null,
    protection: protectionOf(bookkeeping),
  };
}

async function readPages(database: Database): Promise<Pick<DatabaseReport, "journalMode" | "pages">> {
  const results = await database.readEach([
    "PRAGMA journal_mode",
    "PRAGMA page_count",
    "PRAGMA page_size",
    "PRAGMA freelist_count",
  ]);
  const [mode, count, size, free] = results.map((rows) => Object.values(rows?.[0] ?? {})[0] ?? null);
  return {
    journalMode: mode === null || mode === undefined ? null : String(mode),
    pages: typeof count === "number" ? { count, size: Number(size), free: Number(free) } : null,
  };
}

interface TableQuery {
  readonly schema: Schema;
  readonly snapshot: Snapshot;
  readonly isSmall: boolean;
}

/** Two round trips, however many tables: sizes of all, then a bounded count of each. */
async function readTables(
  database: Database,
  { schema, snapshot, isSmall }: TableQuery,
): Promise<TableReport[]> {
  const [sizes] = isSmall
    ? await database.readEach(["SELECT name, pgsize AS bytes FROM dbstat WHERE aggregate = TRUE"])
    : [null];
  const bytesByName = sizes && sumByTable(sizes, snapshot);
  const counts = schema.tables.length > 0 ? await database.readEach(schema.tables.map(countQuery)) : [];
  return schema.tables.map((table, index) => {
    const { counted, highest } = (counts[index]?.[0] ?? {}) as { counted?: number; highest?: number };
    const isEstimate = counted !== undefined && counted > COUNTED;
    return {
      name: table.name,
      rows: isEstimate ? Math.max(highest ?? 0, counted) : (counted ?? null),
      isEstimate,
      columns: table.columns.length,
      indexes: table.indexes.length,
      bytes: bytesByName?.get(table.name) ?? null,
    };
  });
}

function countQuery(table: Table): string {
  const name = identifier(table.name);
  const hasRowid = !table.options.includes("WITHOUT ROWID");
  const highest = hasRowid ? `(SELECT max(rowid) FROM ${name})` : "NULL";
  return `SELECT ${literal(table.name)} AS name, (SELECT count(*) FROM (SELECT 1 FROM ${name} LIMIT ${COUNTED + 1})) AS counted, ${highest} AS highest`;
}
