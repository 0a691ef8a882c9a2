import { existsSync } from "node:fs";
import type { Database } from "../database/database.ts";
import { countRows, readDescription, type CountedTable, type RowCount } from "../database/description.ts";
import { refuseNonFile } from "../database/open.ts";
import { openRemote } from "../database/remote.ts";
import type { Primary } from "../database/target.ts";
import { CleanSlateError } from "../errors.ts";
import { protectionOf, type Protection } from "../plan/bookkeeping.ts";
import { fingerprintOf } from "../schema/fingerprint.ts";
import { schemaFromCatalog } from "../schema/from-catalog.ts";
import { isSameCatalog } from "../schema/same-catalog.ts";
import type { CatalogRow, Schema } from "../schema/types.ts";
import { foldName } from "../sql/identifier.ts";
import type { Content } from "./blueprint.ts";

export interface TableReport extends RowCount {
  readonly name: string;
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
  /** Names of the views, triggers and virtual tables. */
  readonly programs: readonly string[];
  /** Parsed when it is first asked for. */
  readonly schema: Schema;
  readonly fingerprint: string;
  /** What the last rebuild wrote down: run_id, fingerprint, applied_at, version; null when there was none. */
  readonly lastRun: Readonly<Record<string, string>> | null;
  /** Since when and why it is not to be rebuilt; null when it may be. */
  readonly protection: Protection | null;
}

/** What a database most likely holds: what is known of it is true of a catalog that is the same to the letter. */
export type Expected = Promise<Content | null>;

/** Reads the local file, or the replica's file as it lies there; `maker` is the command that makes it where it is missing. */
export async function inspectDatabaseFile(
  path: string,
  maker: string,
  expected: Expected,
): Promise<DatabaseReport> {
  if (!existsSync(path)) {
    throw new CleanSlateError("DATABASE_UNREADABLE", `"${path}" does not exist yet`, {
      hint: `clean-slate ${maker} makes it`,
    });
  }
  refuseNonFile(path);
  const { openLocal } = await import("../database/local.ts");
  const database = openLocal(path);
  try {
    return await inspectDatabase(database, "file", expected);
  } finally {
    database.close();
  }
}

export async function inspectPrimary(
  primary: Primary,
  expected: Expected,
): Promise<DatabaseReport & { readonly host: string; readonly latency: number }> {
  const database = openRemote(primary);
  await database.read(["SELECT 1"]); // opens the connection, so that the next trip is the network's alone
  const start = performance.now();
  await database.read(["SELECT 1"]);
  const latency = Math.round(performance.now() - start);
  return Object.assign(await inspectDatabase(database, "primary", expected), { host: primary.host, latency });
}

async function inspectDatabase(
  database: Database,
  where: "file" | "primary",
  expected: Expected,
): Promise<DatabaseReport> {
  const { snapshot, bookkeeping, journalMode, pages, bytes } = await readDescription(database, where);
  const known = await expected;
  const isKnown = known !== null && isSameCatalog(snapshot.rows, known.rows);
  let parsed: Schema | undefined;
  const schema = (): Schema => (parsed ??= schemaFromCatalog(snapshot.rows));
  const { tables, programs } = isKnown ? outlineOf(known) : outlineOfSchema(schema(), snapshot.rows);
  const counts = await countRows(database, tables);
  const { protected: _, ...lastRun } = bookkeeping;
  return {
    sqliteVersion: snapshot.sqliteVersion,
    journalMode,
    pages,
    tables: tables.map(({ name, columns, indexes }, index) => ({
      name,
      ...(counts[index] ?? { rows: null, isEstimate: false }),
      columns,
      indexes,
      bytes: bytes?.get(name) ?? null,
    })),
    programs,
    get schema() {
      return schema();
    },
    fingerprint: isKnown ? known.fingerprint : fingerprintOf(schema()),
    lastRun: "run_id" in lastRun ? lastRun : null,
    protection: protectionOf(bookkeeping),
  };
}

/** As much of a schema as a report shows. */
interface Outline {
  readonly tables: readonly (CountedTable & Pick<TableReport, "columns" | "indexes">)[];
  readonly programs: readonly string[];
}

function outlineOf({ statements, columns }: Content): Outline {
  const indexes = new Map<string, number>();
  for (const { kind, table } of statements) {
    const key = foldName(table ?? "");
    if (kind === "index") indexes.set(key, (indexes.get(key) ?? 0) + 1);
  }
  return {
    tables: statements
      .filter(({ kind }) => kind === "table")
      .map(({ name, sql }) => ({
        name,
        sql,
        columns: columns[foldName(name)]?.length ?? 0,
        indexes: indexes.get(foldName(name)) ?? 0,
      })),
    programs: statements.filter(({ kind }) => !["table", "index"].includes(kind)).map(({ name }) => name),
  };
}

function outlineOfSchema(schema: Schema, rows: readonly CatalogRow[]): Outline {
  const texts = new Map(rows.map(({ type, name, sql }) => [`${type} ${name}`, sql ?? ""]));
  return {
    tables: schema.tables.map(({ name, columns, indexes }) => ({
      name,
      sql: texts.get(`table ${name}`) ?? "",
      columns: columns.length,
      indexes: indexes.length,
    })),
    programs: [...schema.virtualTables, ...schema.views, ...schema.triggers].map(({ name }) => name),
  };
}
