import { createClient, type Client } from "@libsql/client/sqlite3";
import { CleanSlateError } from "../errors.ts";
import type { Statement } from "../schema/create.ts";
import { proofGroups, type ProofGroup } from "../schema/proof-groups.ts";
import type { CatalogRow } from "../schema/types.ts";
import { foldName, identifier } from "../sql/identifier.ts";
import { splitStatements, terminated } from "../sql/statements.ts";
import { triggerHeader } from "../sql/trigger.ts";
import { READ_CATALOG } from "./inspect.ts";

/**
 * Runs statements in throwaway in-memory databases of libSQL and returns their catalog: what any database will hold after them.
 * Then asks SQLite to prepare an INSERT and a DELETE on every table and a SELECT on every view, which finds foreign keys without a
 * parent key and views without a column, and fires every trigger in the same way. Throws SQL_INVALID naming the statement.
 */
export async function proveStatements(
  statements: readonly Statement[],
  groupTables?: number,
): Promise<readonly CatalogRow[]> {
  rejectStacked(statements);
  const rows: CatalogRow[] = [];
  for (const group of proofGroups(statements, groupTables)) rows.push(...(await proveGroup(group)));
  return withoutTwins(rows);
}

async function proveGroup({ context, statements }: ProofGroup): Promise<CatalogRow[]> {
  const client = createClient({ url: ":memory:" });
  try {
    await runAll(client, [...context, ...statements], ({ sql }) => sql);
    const { rows } = await client.execute(READ_CATALOG);
    await lintAll(client, { context, statements });
    const given = new Set(context.filter(isTable).map(({ name }) => foldName(name)));
    return rows
      .map((row) => ({ ...row }) as unknown as CatalogRow)
      .filter(({ type, table }) => type === "trigger" || !given.has(foldName(table)));
  } finally {
    client.close();
  }
}

function isTable({ kind }: Statement): boolean {
  return kind === "table";
}

/** Every group has its own `sqlite_sequence`; a database has one. */
function withoutTwins(rows: readonly CatalogRow[]): CatalogRow[] {
  return [...new Map(rows.map((row) => [`${row.type} ${row.name}`, row])).values()];
}

/** A statement that hides a second one behind a semicolon (in a custom type, say) would half vanish in some drivers. */
function rejectStacked(statements: readonly Statement[]): void {
  const stacked = statements.find(({ sql }) => sql.includes(";") && splitStatements(sql).length !== 1);
  if (stacked) throw failure(stacked, "it holds more than one statement");
}

/** Tables and views without their triggers first, then one trigger after the other: what fails is the one that is named. */
async function lintAll(client: Client, { context, statements }: ProofGroup): Promise<void> {
  const triggers = statements.filter(({ kind }) => kind === "trigger");
  const objects = statements.filter(({ kind }) => kind === "table" || kind === "view");
  if (triggers.length > 0)
    await client.executeMultiple(triggers.map(({ name }) => `DROP TRIGGER ${identifier(name)};\n`).join(""));
  await runAll(client, objects, lint);
  await runAll(client, [...context, ...statements].filter(isTable), lintParent);
  if (triggers.length === 0) return;
  const columns = await settableColumns(client);
  await runAll(client, triggers, ({ sql }) => terminated(sql) + firing(sql, columns));
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

async function settableColumns(client: Client): Promise<ReadonlyMap<string, SettableColumns>> {
  const { rows } = await client.execute(
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

/** All at once, which is fast; one by one only when that fails, to name the statement. */
async function runAll(
  client: Client,
  statements: readonly Statement[],
  sqlOf: (statement: Statement) => string,
): Promise<void> {
  const script = (list: readonly Statement[]): string =>
    list.map((statement) => terminated(sqlOf(statement))).join("");
  try {
    await client.executeMultiple(`BEGIN;\n${script(statements)}COMMIT;`);
  } catch (error) {
    await client.executeMultiple("ROLLBACK").catch(() => {});
    await client.executeMultiple("BEGIN");
    for (const statement of statements) {
      await client.executeMultiple(script([statement])).catch((reason: unknown) => {
        throw failure(statement, messageOf(reason), reason);
      });
    }
    throw error;
  }
}

function messageOf(error: unknown): string {
  return (error as Error).message.replace(/^SQLITE_\w+: /, "");
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
