import { chunksOf } from "../sql/chunks.ts";
import { literal } from "../sql/literal.ts";
import type { DroppedObject } from "./drop.ts";
import type { PlannedStatement } from "./plan.ts";

/**
 * SQLite reads through all of `sqlite_schema` at each DROP TABLE and each CREATE, although it knows every table by heart. In a
 * local file, in a transaction, its rows can be elsewhere meanwhile; the server of a primary does not allow that.
 */
const TABLE = 'temp."_clean_slate_catalog"';
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

/** Runs `creates` with most of the catalog set aside; afterwards it is whole, and what SQLite reads of it is what it goes by. */
export function createAside(creates: PlannedStatement[]): PlannedStatement[] {
  if (creates.length < MANY_CREATES) return creates;
  return [
    catalog(`CREATE TEMP TABLE "_clean_slate_catalog" (id INTEGER PRIMARY KEY, ${COLUMNS})`),
    ...chunksOf(creates, GROUP).flatMap((part) => [SET_ASIDE, ...part]),
    SET_ASIDE,
    PUT_BACK,
    catalog(`DROP TABLE ${TABLE}`),
  ];
}

const SET_ASIDE = inCatalog(
  `INSERT INTO ${TABLE} (${COLUMNS}) SELECT ${COLUMNS} FROM main.sqlite_schema ORDER BY rowid; DELETE FROM main.sqlite_schema`,
);

const PUT_BACK = inCatalog(
  `INSERT INTO main.sqlite_schema (${COLUMNS}) SELECT ${COLUMNS} FROM ${TABLE} ORDER BY id`,
  "RESET", // which parses it
);

function inCatalog(sql: string, after: "OFF" | "RESET" = "OFF"): PlannedStatement {
  return catalog(`PRAGMA writable_schema=ON; ${sql}; PRAGMA writable_schema=${after}`);
}

function catalog(sql: string): PlannedStatement {
  return { role: "catalog", sql, label: "set the catalog aside", refusal: null };
}
