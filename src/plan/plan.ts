import type { Statement } from "../schema/create.ts";
import type { CatalogRow } from "../schema/types.ts";
import { CREATE_BOOKKEEPING, writeBookkeeping, type RunRecord } from "./bookkeeping.ts";
import { droppedObjects, dropStatement, type DroppedObject } from "./drop.ts";

/** One statement of a plan and what to call it when it fails. */
export interface PlannedStatement {
  readonly sql: string;
  /** For instance `create table "users"`. */
  readonly label: string;
  readonly role: "guard" | "drop" | "create" | "record";
}

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
}

/** Plans a rebuild. Its first statement fails when the schema has changed since it was read, its last when a foreign key dangles. */
export function planRebuild({ rows, schemaVersion, creates, record }: RebuildOptions): Plan {
  const drops = droppedObjects(rows);
  const hasSequence = rows.some((row) => row.name === "sqlite_sequence");
  return {
    drops,
    record,
    statements: [
      guard(
        `(SELECT schema_version FROM pragma_schema_version) = ${schemaVersion}`,
        "the schema is still the one that was shown",
      ),
      step("guard", "PRAGMA defer_foreign_keys=ON", "defer foreign keys"),
      ...drops.map((object) => step("drop", dropStatement(object), `drop ${object.kind} "${object.name}"`)),
      ...(hasSequence ? [step("drop", "DELETE FROM sqlite_sequence", "reset AUTOINCREMENT counters")] : []),
      ...creates.map(({ sql, kind, name }) => step("create", sql, `create ${kind} "${name}"`)),
      step("record", CREATE_BOOKKEEPING, "make the bookkeeping table"),
      step("record", writeBookkeeping(record), "record the rebuild"),
      guard("NOT EXISTS (SELECT 1 FROM pragma_foreign_key_check)", "every foreign key holds"),
    ],
  };
}

function step(role: PlannedStatement["role"], sql: string, label: string): PlannedStatement {
  return { role, sql, label };
}

/** SQLite has no RAISE outside triggers; json() of what is no JSON fails, and with it the transaction. */
function guard(condition: string, label: string): PlannedStatement {
  return step(
    "guard",
    `SELECT CASE WHEN ${condition} THEN 'ok' ELSE json('guard:' || random()) END AS guard`,
    label,
  );
}
