import { chunksOf } from "../sql/chunks.ts";
import { identifier } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import type { DroppedObject } from "./drop.ts";
import type { PlannedStatement } from "./plan.ts";

/**
 * SQLite reads through all of `sqlite_schema` at each DROP TABLE and each CREATE, although it knows every table by heart. In a
 * local file, in a transaction, its rows can be elsewhere meanwhile; the server of a primary does not allow that.
 */
const COLUMNS = "type, name, tbl_name, rootpage, sql";

/** How many statements are worth it, and after how many the catalog is moved again; measured by bench/aside.ts. */
const [MANY_DROPS, MANY_CREATES, GROUP] = [50, 200, 50];

/** How many names one statement holds, whatever their length. */
const NAMES = 1_000;

/** Takes `tables`, with their indexes, out of the catalog before it drops them. */
export function dropAside(
  tables: readonly DroppedObject[],
  drop: (table: DroppedObject) => PlannedStatement,
): PlannedStatement[] {
  const drops = tables.map(drop);
  if (drops.length < MANY_DROPS) return drops;
  const names = chunksOf(tables, NAMES).map((part) => part.map(({ name }) => literal(name)).join(", "));
  return [
    ...names.map((list) =>
      inCatalog(`DELETE FROM main.sqlite_schema WHERE type IN ('table', 'index') AND tbl_name IN (${list})`),
    ),
    ...drops,
  ];
}

/**
 * Runs `creates` with most of the catalog set aside; afterwards it is whole, and what SQLite reads of it is what it goes by. `runId`
 * makes a name that is nobody's: a temporary table hides one of the database.
 */
export function createAside(creates: PlannedStatement[], runId: string): PlannedStatement[] {
  if (creates.length < MANY_CREATES) return creates;
  const table = `temp.${identifier(`_clean_slate_${runId}`)}`;
  const setAside = inCatalog(
    `INSERT INTO ${table} (${COLUMNS}) SELECT ${COLUMNS} FROM main.sqlite_schema ORDER BY rowid; DELETE FROM main.sqlite_schema`,
  );
  return [
    catalog(`CREATE TABLE ${table} (id INTEGER PRIMARY KEY, ${COLUMNS})`),
    ...chunksOf(creates, GROUP).flatMap((part) => [setAside, ...part]),
    setAside,
    inCatalog(
      `INSERT INTO main.sqlite_schema (${COLUMNS}) SELECT ${COLUMNS} FROM ${table} ORDER BY id`,
      "RESET", // which parses it
    ),
    catalog(`DROP TABLE ${table}`),
  ];
}

function inCatalog(sql: string, after: "OFF" | "RESET" = "OFF"): PlannedStatement {
  return catalog(`PRAGMA writable_schema=ON; ${sql}; PRAGMA writable_schema=${after}`);
}

function catalog(sql: string): PlannedStatement {
  return { role: "catalog", sql, label: "set the catalog aside", refusal: null };
}
