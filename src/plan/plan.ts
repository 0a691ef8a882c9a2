import type { Statement } from "../schema/create.ts";
import { chunksOf } from "../sql/chunks.ts";
import type { CatalogRow } from "../schema/types.ts";
import { BOOKKEEPING_TABLE } from "../schema/validate.ts";
import { CREATE_BOOKKEEPING, IS_UNPROTECTED, writeBookkeeping, type RunRecord } from "./bookkeeping.ts";
import { droppedObjects, dropStatement, type DroppedObject } from "./drop.ts";
import { areRowsAsShown, type ShownRows } from "./shown-rows.ts";

/** One statement of a plan and what to call it when it fails. */
export interface PlannedStatement {
  readonly sql: string;
  /** For instance `create table "users"`. */
  readonly label: string;
  readonly role: "guard" | "drop" | "create" | "copy" | "record";
  /** What it means when this guard fails; null for what is no guard. */
  readonly refusal: Refusal | null;
}

/** The schema or the rows are not those that were shown, the database was protected meanwhile, a foreign key dangles, a copy differs. */
export type Refusal = "schema" | "rows" | "protected" | "foreign-keys" | "copy";

/** A rebuild: drop everything, create everything, in one transaction. */
export interface Plan {
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
  readonly record: RunRecord;
  /** Whether a database that is protected is destroyed all the same. */
  readonly allowProtected: boolean;
  /** Rows a person was shown: the plan refuses to run on any other. Empty when nobody is asked. */
  readonly shown: readonly ShownRows[];
}

/** The counters of dropped tables go, those of tables that are kept stay. */
const RESET_COUNTERS =
  "DELETE FROM sqlite_sequence WHERE name NOT IN (SELECT name FROM sqlite_schema WHERE type = 'table')";

/**
 * Plans a rebuild. Its guards come first and run in the transaction that drops: they fail when the schema, or what was shown of
 * the rows, has changed since it was read, or when the database was protected meanwhile. The last one fails when a foreign key dangles.
 */
export function planRebuild(options: RebuildOptions): Plan {
  const { rows, creates, record } = options;
  const drops = droppedObjects(rows);
  const hasSequence = rows.some((row) => row.name === "sqlite_sequence");
  return {
    drops,
    record,
    statements: [
      ...openingGuards(options),
      step("guard", "PRAGMA defer_foreign_keys=ON", "defer foreign keys"),
      ...drops.map((object) => step("drop", dropStatement(object), `drop ${object.kind} "${object.name}"`)),
      ...(hasSequence ? [step("drop", RESET_COUNTERS, "reset AUTOINCREMENT counters")] : []),
      ...creates.map(({ sql, kind, name }) => step("create", sql, `create ${kind} "${name}"`)),
      step("record", CREATE_BOOKKEEPING, "make the bookkeeping table"),
      step("record", writeBookkeeping(record), "record the rebuild"),
      guard("foreign-keys", "NOT EXISTS (SELECT 1 FROM pragma_foreign_key_check)", "every foreign key holds"),
    ],
  };
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
