import type { Statement } from "../schema/create.ts";
import { VECTOR_META } from "../schema/engine-objects.ts";
import { chunksOf } from "../sql/chunks.ts";
import { foldName, identifier } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import type { DroppedObject } from "./drop.ts";
import type { PlannedStatement } from "./plan.ts";

/**
 * SQLite reads through all of `sqlite_schema` at each DROP TABLE and each CREATE, although it knows every table by heart. In a
 * local file, in a transaction, its rows can be elsewhere meanwhile; the server of a primary does not allow that.
 */
const COLUMNS = "type, name, tbl_name, rootpage, sql";

/** What the engine makes once, for the first table or index that needs it, stays. */
const IS_OURS = `tbl_name NOT IN ('sqlite_sequence', ${literal(VECTOR_META)})`;

/** How many statements are worth it, and after how many the catalog is moved again; measured by bench/aside.ts. */
const [MANY_DROPS, MANY_CREATES, GROUP] = [50, 200, 100];

/** How many names one statement holds, whatever their length. */
const NAMES = 1_000;

/** Takes `tables`, with their indexes, out of the catalog before it drops them. */
export function dropAside(
  tables: readonly DroppedObject[],
  place: CatalogPlace,
  drop: (table: DroppedObject) => PlannedStatement,
): PlannedStatement[] {
  const drops = tables.map(drop);
  if (place === "in-place" || drops.length < MANY_DROPS) return drops;
  const names = chunksOf(tables, NAMES).map((part) => part.map(({ name }) => literal(name)).join(", "));
  return [
    ...names.map((list) =>
      inCatalog(`DELETE FROM main.sqlite_schema WHERE type IN ('table', 'index') AND tbl_name IN (${list})`),
    ),
    ...drops,
  ];
}

/** Where the catalog of a database is while a schema is made: the server of a primary lets it be nowhere else. */
export type CatalogPlace =
  | "in-place"
  | "aside"
  /** Nor does SQLite remember it, and reads all it knows once more after each group: not for a connection with a file attached. */
  | "forgotten";

interface Making {
  /** Makes a name that is nobody's: a temporary table hides one of the database. */
  readonly runId: string;
  readonly create: (statement: Statement) => PlannedStatement;
  /** Names of what was there and stays. */
  readonly taken: readonly string[];
}

/**
 * Runs `creates` with most of the catalog elsewhere; afterwards it is whole, and what SQLite reads of it is what it goes by. A table
 * and its indexes need nothing else of it, as long as they are spelled as this program spells them and nothing has their names.
 */
export function createAside(
  creates: readonly Statement[],
  place: CatalogPlace,
  { runId, create, taken }: Making,
): PlannedStatement[] {
  if (place === "in-place") return creates.map(create);
  const groups = place === "forgotten" ? leadingTables(creates, taken) : [];
  const others = chunksOf(creates.slice(groups.flat().length), GROUP);
  const planned = (parts: readonly (readonly Statement[])[]): PlannedStatement[][] =>
    parts.map((part) => part.map(create));
  return [...moving(planned(groups), runId, "RESET"), ...moving(planned(others), runId, "OFF")];
}

/** The tables at the beginning, each in the same group as its indexes. */
function leadingTables(creates: readonly Statement[], taken: readonly string[]): Statement[][] {
  const groups: Statement[][] = [[]];
  const names = new Set(taken.map(foldName));
  let table = "";
  for (const statement of creates) {
    const group = groups.at(-1) ?? [];
    const name = foldName(statement.name);
    if (names.has(name)) break;
    names.add(name);
    if (isTable(statement)) table = statement.name;
    else if (table === "" || !isIndexOf(table, statement)) break;
    if (isTable(statement) && group.length >= GROUP) groups.push([statement]);
    else group.push(statement);
  }
  return groups;
}

function isTable({ name, sql }: Statement): boolean {
  return sql.startsWith(`CREATE TABLE ${identifier(name)} (`);
}

function isIndexOf(table: string, { kind, name, sql }: Statement): boolean {
  const spelled = ["CREATE INDEX", "CREATE UNIQUE INDEX"].map(
    (start) => `${start} ${identifier(name)} ON ${identifier(table)} (`,
  );
  return kind === "index" && spelled.some((start) => sql.startsWith(start));
}

type After = "OFF" | "RESET";

/** Moves the catalog away before each group, and back in the end. */
function moving(groups: PlannedStatement[][], runId: string, after: After): PlannedStatement[] {
  if (groups.flat().length < MANY_CREATES) return groups.flat();
  const table = `temp.${identifier(`_clean_slate_${runId}`)}`;
  const setAside = inCatalog(
    `INSERT INTO ${table} (${COLUMNS}) SELECT ${COLUMNS} FROM main.sqlite_schema WHERE ${IS_OURS} ORDER BY rowid; ` +
      `DELETE FROM main.sqlite_schema WHERE ${IS_OURS}`,
    after,
  );
  return [
    catalog(`CREATE TABLE ${table} (id INTEGER PRIMARY KEY, ${COLUMNS})`),
    ...groups.flatMap((group) => [setAside, ...group]),
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
