import type { Statement } from "../schema/create.ts";
import { createdObjects, storedTables, type StoredTable } from "../schema/stored-tables.ts";
import type { CatalogRow } from "../schema/types.ts";
import { balanced } from "../sql/balanced.ts";
import { identifier } from "../sql/identifier.ts";
import type { RunRecord } from "./bookkeeping.ts";
import type { DroppedObject } from "./drop.ts";
import { createAside, type CatalogPlace } from "./catalog-aside.ts";
import { create, guard, planRebuild, step, type PlannedStatement, type RebuildOptions } from "./plan.ts";

/** A restore: drop everything, create the backup's tables, put its rows in, then create what would act on rows. */
export interface RestorePlan {
  readonly drops: readonly DroppedObject[];
  /** Everything up to the tables. */
  readonly before: readonly PlannedStatement[];
  readonly tables: readonly StoredTable[];
  /** Indexes, views and triggers. */
  readonly after: readonly PlannedStatement[];
  readonly record: RunRecord;
}

export interface RestoreOptions extends Omit<RebuildOptions, "creates" | "made" | "empty" | "catalog"> {
  /** The catalog of the backup. */
  readonly backup: readonly CatalogRow[];
  readonly catalog: Exclude<CatalogPlace, "forgotten">;
}

/** Plans a restore. A foreign key that dangled in the backup dangles again: what it held is what comes back. */
export function planRestore({ backup, ...present }: RestoreOptions): RestorePlan {
  const creates = createdStatements(backup);
  const isTable = ({ kind }: Statement): boolean => kind === "table" || kind === "virtual table";
  const rebuild = planRebuild({
    ...present,
    creates: creates.filter(isTable),
    made: [],
    empty: new Set(),
  });
  const after = creates.filter((statement) => !isTable(statement));
  return {
    drops: rebuild.drops,
    record: rebuild.record,
    before: rebuild.statements.filter(({ refusal }) => refusal !== "foreign-keys"),
    tables: storedTables(backup),
    after: createAside(after, present.catalog, { runId: rebuild.record.run_id, create, taken: [] }),
  };
}

/** All of a restore that copies its rows from the attached database `source`, and compares them before the commit. */
export function localStatements({ before, tables, after }: RestorePlan, source: string): PlannedStatement[] {
  return [
    ...before,
    ...tables.flatMap((table) =>
      copyStatements(table, source).map((sql) => step("copy", sql, `copy the rows of "${table.name}"`)),
    ),
    ...tables.map((table) =>
      guard("copy", isCopied(table, source), `the rows of "${table.name}" are those of the backup`),
    ),
    ...after,
  ];
}

/** What a backup brings, in order of creation. */
export function createdStatements(backup: readonly CatalogRow[]): Statement[] {
  return createdObjects(backup).map(({ type, name, table, sql, isVirtual }) => ({
    kind: isVirtual ? "virtual table" : type,
    name,
    sql,
    table: type === "index" || type === "trigger" ? table : null,
    comment: null,
  }));
}

/** Copies a table's rows from the attached database `source`. */
function copyStatements({ name, columns, isPrefilled, filter }: StoredTable, source: string): string[] {
  const list = columns.join(", ");
  const table = identifier(name);
  const where = filter === null ? "" : ` WHERE ${filter}`;
  return [
    ...(isPrefilled ? [`DELETE FROM main.${table}${where}`] : []),
    `INSERT INTO main.${table} (${list}) SELECT ${list} FROM ${source}.${table}${where}`,
  ];
}

/** True in SQL when a table has the rows of that in `source`: as many, with the same keys, and the same value and storage class in each. */
function isCopied({ name, columns, key, filter }: StoredTable, source: string): string {
  const table = identifier(name);
  const where = filter === null ? "" : ` WHERE ${filter}`;
  const count = (schema: string): string => `(SELECT count(*) FROM ${schema}.${table}${where})`;
  const isAsMany = `${count("main")} = ${count(source)}`;
  if (key.length === 0) return `${isAsMany} AND ${areGroupsIn(source, { table, columns, where })}`;
  const join = key.map((index) => `a.${columns[index]} = b.${columns[index]} COLLATE BINARY`).join(" AND ");
  const same = balanced(
    columns.flatMap((column) => [
      `typeof(a.${column}) = typeof(b.${column})`,
      `a.${column} IS b.${column} COLLATE BINARY`,
    ]),
    "AND",
  );
  const rows = `SELECT * FROM main.${table}${where}`;
  const from = filter === null ? `main.${table}` : `(${rows})`;
  return `${isAsMany} AND NOT EXISTS (SELECT 1 FROM ${from} AS a LEFT JOIN ${source}.${table} AS b ON ${join} WHERE NOT (${same}))`;
}

interface Keyless {
  readonly table: string;
  readonly columns: readonly string[];
  readonly where: string;
}

/** The same without a key to join by: rows that are equal to the bit are counted together. */
function areGroupsIn(source: string, { table, columns, where }: Keyless): string {
  const values = columns.flatMap((column) => [`typeof(${column})`, `${column} COLLATE BINARY`]).join(", ");
  const groups = (schema: string): string =>
    `SELECT ${values}, count(*) FROM ${schema}.${table}${where} GROUP BY ${values}`;
  return `NOT EXISTS (${groups("main")} EXCEPT ${groups(source)})`;
}
