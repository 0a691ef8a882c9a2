import type { Statement } from "../schema/create.ts";
import { chunksOf } from "../sql/chunks.ts";
import type { CatalogRow } from "../schema/types.ts";
import { identifier } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { BOOKKEEPING_TABLE } from "../schema/engine-objects.ts";
import { createAside, dropAside, type CatalogPlace } from "./catalog-aside.ts";
import { CREATE_BOOKKEEPING, IS_UNPROTECTED, writeBookkeeping, type RunRecord } from "./bookkeeping.ts";
import { droppedObjects, dropStatement, type DroppedObject } from "./drop.ts";
import { keptTables } from "./keep.ts";
import { areRowsAsShown, type ShownRows } from "./shown-rows.ts";

/** One statement of a plan and what to call it when it fails. */
export interface PlannedStatement {
  readonly sql: string;
  /** For instance `create table "users"`. */
  readonly label: string;
  readonly role: "guard" | "drop" | "create" | "copy" | "record" | "catalog";
  /** What it means when this guard fails; null for what is no guard. */
  readonly refusal: Refusal | null;
}

/** The schema or the rows are not those that were shown, the database was protected meanwhile, a foreign key dangles, a copy differs. */
export type Refusal = "schema" | "rows" | "protected" | "foreign-keys" | "copy";

/** A rebuild: drop everything, create everything, in one transaction. */
export interface Plan {
  /** What was there; tables that are already as they are to be are only emptied. */
  readonly drops: readonly DroppedObject[];
  readonly statements: readonly PlannedStatement[];
  readonly record: RunRecord;
}

export interface RebuildOptions {
  /** The database as it is, in order of creation. */
  readonly rows: readonly CatalogRow[];
  /** `PRAGMA schema_version` read with `rows`: the plan refuses to run on any other. */
  readonly schemaVersion: number;
  readonly creates: readonly Statement[];
  /** The catalog `creates` make; empty when no table is to be left where it is. */
  readonly made: readonly CatalogRow[];
  /** Names of tables and indexes that held nothing when `rows` were read. */
  readonly empty: ReadonlySet<string>;
  readonly record: RunRecord;
  /** Whether a database that is protected is destroyed all the same. */
  readonly allowProtected: boolean;
  /** Rows a person was shown: the plan refuses to run on any other. Empty when nobody is asked. */
  readonly shown: readonly ShownRows[];
  readonly catalog: CatalogPlace;
}

/**
 * Plans a rebuild. Its guards come first and run in the transaction that drops: they fail when the schema, or what was shown of
 * the rows, has changed since it was read, or when the database was protected meanwhile. The last one fails when a foreign key dangles.
 */
export function planRebuild(options: RebuildOptions): Plan {
  const { rows, creates, made, empty, record, catalog } = options;
  const drops = droppedObjects(rows);
  const kept = keptTables({ drops, rows, made, creates });
  const [tables, others] = [drops.filter(isTable), drops.filter((object) => !isTable(object))];
  const staying = tables.flatMap(({ name }) => (kept.tables.has(name) ? [name] : []));
  const leaving = tables.filter(({ name }) => !kept.tables.has(name));
  const creating = creates.filter((statement) => !kept.isMade(statement));
  const isEmpty = (name: string): boolean => kept.tables.get(name)?.every((part) => empty.has(part)) === true;
  return {
    drops,
    record,
    statements: [
      ...openingGuards(options),
      step("guard", "PRAGMA defer_foreign_keys=ON", "defer foreign keys"),
      ...others.map(drop),
      ...staying.filter((name) => !isEmpty(name)).map(emptyTable),
      ...dropAside(leaving, catalog, drop),
      ...kept.leaving.map(dropIndex), // which a foreign key of what was emptied or dropped may have needed
      ...forget(rows, drops),
      ...createAside(creating, catalog, { runId: record.run_id, create, taken: stayingNames(rows, drops) }),
      step("record", CREATE_BOOKKEEPING, "make the bookkeeping table"),
      step("record", writeBookkeeping(record), "record the rebuild"),
      ...rowGuards(staying.map((name) => `NOT EXISTS (SELECT 1 FROM ${identifier(name)})`)),
      guard("foreign-keys", "NOT EXISTS (SELECT 1 FROM pragma_foreign_key_check)", "every foreign key holds"),
    ],
  };
}

/** Of what an engine calls its own, and of what belongs to it. */
function stayingNames(rows: readonly CatalogRow[], drops: readonly DroppedObject[]): string[] {
  const gone = new Set(drops.map(({ name }) => name));
  return rows.flatMap(({ name, table }) => (gone.has(name) || gone.has(table) ? [] : [name]));
}

function isTable({ kind }: DroppedObject): boolean {
  return kind === "table";
}

function drop(object: DroppedObject): PlannedStatement {
  return step("drop", dropStatement(object), `drop ${object.kind} "${object.name}"`);
}

function dropIndex(name: string): PlannedStatement {
  return step("drop", `DROP INDEX ${identifier(name)}`, `drop index "${name}"`);
}

export function create({ sql, kind, name }: Statement): PlannedStatement {
  return step("create", sql, `create ${kind} "${name}"`);
}

/** Without WHERE it frees whole pages (https://www.sqlite.org/lang_delete.html#the_truncate_optimization), as DROP does. */
function emptyTable(name: string): PlannedStatement {
  return step("drop", `DELETE FROM ${identifier(name)}`, `empty table "${name}"`);
}

/** Tables of the engine that speak of other tables, and the column that names those. */
const MEMORIES: readonly (readonly [table: string, column: string, what: string])[] = [
  ["sqlite_sequence", "name", "reset AUTOINCREMENT counters"],
  ["sqlite_stat1", "tbl", "forget statistics"],
  ["sqlite_stat4", "tbl", "forget statistics"],
];

/** What is remembered of the tables that go, or are emptied, goes; of others it stays. */
function forget(rows: readonly CatalogRow[], drops: readonly DroppedObject[]): PlannedStatement[] {
  const gone = new Set(drops.map(({ name }) => name));
  const others = rows.filter(({ type, name }) => type === "table" && !gone.has(name));
  const names = others.map(({ name }) => literal(name)).join(", ");
  return MEMORIES.filter(([table]) => others.some(({ name }) => name === table)).map(
    ([table, column, what]) => step("drop", `DELETE FROM ${table} WHERE ${column} NOT IN (${names})`, what),
  );
}

/** Without a bookkeeping table there is no protection, and one that is made after the reading changes the schema. */
function openingGuards({ rows, schemaVersion, allowProtected, shown }: RebuildOptions): PlannedStatement[] {
  const hasBookkeeping = rows.some(({ name }) => name === BOOKKEEPING_TABLE);
  const isSchema = `(SELECT schema_version FROM pragma_schema_version) = ${schemaVersion}`;
  return [
    guard("schema", isSchema, "the schema is still the one that was shown"),
    ...(hasBookkeeping && !allowProtected
      ? [guard("protected", IS_UNPROTECTED, "the database is not protected")]
      : []),
    ...rowGuards(shown.map(areRowsAsShown)),
  ];
}

/** A statement that is no guard. */
export function step(role: PlannedStatement["role"], sql: string, label: string): PlannedStatement {
  return { role, sql, label, refusal: null };
}

/** SQLite has no RAISE outside triggers; json() of what is no JSON fails, and with it the transaction. */
export function guard(refusal: Refusal, condition: string, label: string): PlannedStatement {
  const sql = `SELECT CASE WHEN ${condition} THEN 'ok' ELSE json('guard:' || random()) END AS guard`;
  return { role: "guard", sql, label, refusal };
}

/** Conditions in one guard: a statement each would take a server longer to pass around than to run. */
const TOGETHER = 100;

/** Guards that refuse a database of which not all of `conditions` on its rows hold. */
export function rowGuards(conditions: readonly string[]): PlannedStatement[] {
  return chunksOf(conditions, TOGETHER).map((group) =>
    guard("rows", group.join(" AND "), "the rows are still those that were shown and backed up"),
  );
}
