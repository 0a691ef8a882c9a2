import { CleanSlateError } from "../errors.ts";
import type { Statement } from "../schema/create.ts";
import { isEngineObject } from "../schema/engine-objects.ts";
import {
  proofGroups,
  proofUnits,
  unitsByTable,
  type ProofGroup,
  type ProofUnit,
} from "../schema/proof-units.ts";
import type { CatalogRow } from "../schema/types.ts";
import { foldName, identifier } from "../sql/identifier.ts";
import { splitStatements, terminated } from "../sql/statements.ts";
import { triggerHeader } from "../sql/trigger.ts";
import { catalogFromRead, READ_CATALOG } from "./inspect.ts";
import { connect, IN_MEMORY, rowsOf, type Connection } from "./sqlite.ts";

/** What SQLite made of a unit. */
export interface MadeUnit {
  readonly unit: ProofUnit;
  /** Its part of the catalog a database has after all statements; without what the engine makes for itself. */
  readonly rows: readonly CatalogRow[];
}

/** Executes all of some statements ({@link executeUnits}) and returns the catalog a database has after them. */
export function executeStatements(statements: readonly Statement[], groupTables?: number): CatalogRow[] {
  const units = proofUnits(statements);
  return executeUnits(units, units, groupTables).flatMap(({ rows }) => rows);
}

/**
 * Runs the statements of `wanted` in throwaway in-memory databases of libSQL and returns what any database will hold of them.
 * Then asks SQLite to prepare an INSERT and a DELETE on every table and a SELECT on every view, which finds foreign keys without a
 * parent key and views without a column, and fires every trigger in the same way. `all` holds what they need. Throws SQL_INVALID
 * naming the statement.
 */
export function executeUnits(
  wanted: readonly ProofUnit[],
  all: readonly ProofUnit[],
  groupTables?: number,
): MadeUnit[] {
  rejectStacked(wanted.flatMap(({ statements }) => statements));
  const groups = proofGroups(wanted, unitsByTable(all), groupTables) ?? [{ context: [], units: all }];
  return groups.flatMap(executeGroup);
}

function executeGroup({ context, units }: ProofGroup): MadeUnit[] {
  const statements = units.flatMap((unit) => unit.statements);
  const connection = connect(IN_MEMORY);
  try {
    runAll(connection, [...context, ...statements], ({ sql }) => sql);
    const rows = catalogFromRead(rowsOf(connection, READ_CATALOG));
    lintAll(connection, { context, statements });
    return partedRows({ context, units }, rows);
  } finally {
    connection.close();
  }
}

/** Rows are in order of creation: what no statement names, such as a shadow table, comes with the one before it. */
function partedRows({ context, units }: ProofGroup, rows: readonly CatalogRow[]): MadeUnit[] {
  const made = units.map((unit) => ({ unit, rows: [] as CatalogRow[] }));
  const given: CatalogRow[] = [];
  const owners = new Map<string, CatalogRow[]>(context.map((statement) => [keyOf(statement), given]));
  for (const { unit, rows: own } of made)
    for (const statement of unit.statements) owners.set(keyOf(statement), own);
  let owner = given;
  for (const { type, name, table, sql } of rows) {
    if (isEngineObject(name) || isEngineObject(table)) continue;
    owner = owners.get(keyOf({ kind: type, name })) ?? owner;
    owner.push({ type, name, table, sql });
  }
  return made;
}

/** Tables, views and indexes share one namespace; triggers have their own. */
function keyOf({ kind, name }: { readonly kind: string; readonly name: string }): string {
  return `${kind === "trigger" ? kind : "object"} ${foldName(name)}`;
}

function isTable({ kind }: Statement): boolean {
  return kind === "table";
}

/** A statement that hides a second one behind a semicolon (in a custom type, say) would half vanish in some drivers. */
function rejectStacked(statements: readonly Statement[]): void {
  const stacked = statements.find(({ sql }) => sql.includes(";") && splitStatements(sql).length !== 1);
  if (stacked) throw failure(stacked, "it holds more than one statement");
}

interface Executed {
  readonly context: readonly Statement[];
  readonly statements: readonly Statement[];
}

/** Tables and views without their triggers first, then one trigger after the other: what fails is the one that is named. */
function lintAll(connection: Connection, { context, statements }: Executed): void {
  const triggers = statements.filter(({ kind }) => kind === "trigger");
  const objects = statements.filter(({ kind }) => kind === "table" || kind === "view");
  for (const { name } of triggers) connection.exec(`DROP TRIGGER ${identifier(name)}`);
  runAll(connection, objects, lint);
  runAll(connection, [...context, ...statements].filter(isTable), lintParent);
  if (triggers.length === 0) return;
  const columns = settableColumns(connection);
  runAll(connection, triggers, ({ sql }) => terminated(sql) + firing(sql, columns));
}

/** What an object needs is missed when it is used. */
function lint({ kind, name }: Statement): string {
  const quoted = identifier(name);
  return kind === "view"
    ? `EXPLAIN QUERY PLAN SELECT * FROM ${quoted}`
    : `EXPLAIN QUERY PLAN INSERT INTO ${quoted} DEFAULT VALUES`;
}

/** What foreign keys do to other tables; after every table's own, so that the one at fault is named. */
function lintParent({ name }: Statement): string {
  return `EXPLAIN QUERY PLAN DELETE FROM ${identifier(name)}`;
}

/** The columns of tables and views that an UPDATE may set and those it may not, by folded name. */
interface SettableColumns {
  readonly first: string;
  readonly generated: ReadonlySet<string>;
}

function settableColumns(connection: Connection): ReadonlyMap<string, SettableColumns> {
  const rows = rowsOf(
    connection,
    "SELECT s.name AS object, c.name AS column, c.hidden FROM sqlite_schema AS s, pragma_table_xinfo(s.name) AS c " +
      "WHERE s.type IN ('table', 'view') ORDER BY c.cid",
  );
  const found = new Map<string, { first: string; generated: Set<string> }>();
  for (const row of rows as unknown as readonly { object: string; column: string; hidden: number }[]) {
    const columns = found.get(foldName(row.object)) ?? { first: "", generated: new Set() };
    if (row.hidden === 0) columns.first ||= row.column;
    else columns.generated.add(foldName(row.column));
    found.set(foldName(row.object), columns);
  }
  return found;
}

/** A statement that would fire a trigger: preparing it compiles the trigger's body. */
function firing(sql: string, tables: ReadonlyMap<string, SettableColumns>): string {
  const header = triggerHeader(sql);
  if (header === null) return "SELECT 1";
  const table = identifier(header.table);
  switch (header.event) {
    case "INSERT":
      return `EXPLAIN QUERY PLAN INSERT INTO ${table} DEFAULT VALUES`;
    case "DELETE":
      return `EXPLAIN QUERY PLAN DELETE FROM ${table}`;
    case "UPDATE": {
      const columns = tables.get(foldName(header.table));
      // SQLite takes a trigger on a generated column, which no UPDATE can name.
      if (header.column !== null && columns?.generated.has(foldName(header.column))) return "SELECT 1";
      const column = identifier(header.column ?? columns?.first ?? "rowid");
      return `EXPLAIN QUERY PLAN UPDATE ${table} SET ${column} = ${column}`;
    }
  }
}

function runAll(
  connection: Connection,
  statements: readonly Statement[],
  sqlOf: (statement: Statement) => string,
): void {
  connection.exec("BEGIN");
  for (const statement of statements) {
    try {
      connection.exec(sqlOf(statement));
    } catch (error) {
      throw failure(statement, (error as Error).message, error);
    }
  }
  connection.exec("COMMIT");
}

function failure(statement: Statement, reason: string, cause?: unknown): CleanSlateError {
  const { kind, name, table, sql, origin } = statement;
  const owner = table === null ? "" : ` of table "${table}"`;
  const where = origin === undefined ? "" : `${origin}: `;
  const place = origin === undefined ? `the model of "${table ?? name}"` : origin.replace(/:\d+$/, "");
  return new CleanSlateError(
    "SQL_INVALID",
    `${where}${kind} "${name}"${owner} does not work in SQLite: ${reason}\n\n${sql}\n`,
    { cause, hint: `mend ${place}, then run the command again` },
  );
}
