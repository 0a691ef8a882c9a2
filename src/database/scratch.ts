import { createClient, type Client } from "@libsql/client/sqlite3";
import { CleanSlateError } from "../errors.ts";
import type { Statement } from "../schema/create.ts";
import type { CatalogRow } from "../schema/types.ts";
import { splitStatements } from "../sql/statements.ts";
import { identifier } from "../sql/identifier.ts";
import { READ_SNAPSHOT } from "./inspect.ts";

/**
 * Runs statements in a throwaway in-memory libSQL and returns its catalog: what any database will hold after them. Then asks
 * SQLite to prepare an INSERT and a DELETE on every table and a SELECT on every view, which finds foreign keys without a parent
 * key and views without a column. Throws SQL_INVALID naming the statement.
 */
export async function proveStatements(statements: readonly Statement[]): Promise<readonly CatalogRow[]> {
  rejectStacked(statements);
  const client = createClient({ url: ":memory:" });
  try {
    await runAll(client, statements, ({ sql }) => sql);
    await runAll(client, statements.filter(isLintable), lint);
    const { rows } = await client.execute(READ_SNAPSHOT[0]!);
    return rows.map((row) => ({ ...row }) as unknown as CatalogRow);
  } finally {
    client.close();
  }
}

/** A statement that hides a second one behind a semicolon (in a custom type, say) would half vanish in some drivers. */
function rejectStacked(statements: readonly Statement[]): void {
  const stacked = statements.find(({ sql }) => sql.includes(";") && splitStatements(sql).length !== 1);
  if (stacked) throw failure(stacked, "it holds more than one statement");
}

function isLintable({ kind }: Statement): boolean {
  return kind === "table" || kind === "view";
}

function lint({ kind, name }: Statement): string {
  const quoted = identifier(name);
  return kind === "view"
    ? `EXPLAIN SELECT * FROM ${quoted}`
    : `EXPLAIN INSERT INTO ${quoted} DEFAULT VALUES;\nEXPLAIN DELETE FROM ${quoted}`;
}

/** All at once, which is fast; one by one only when that fails, to name the statement. */
async function runAll(
  client: Client,
  statements: readonly Statement[],
  sqlOf: (statement: Statement) => string,
): Promise<void> {
  const script = (list: readonly Statement[]): string =>
    list.map((statement) => `${sqlOf(statement)}\n;\n`).join("");
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
  const { kind, name, table, sql } = statement;
  const owner = table === null ? "" : ` of table "${table}"`;
  return new CleanSlateError(
    "SQL_INVALID",
    `${kind} "${name}"${owner} does not work in SQLite: ${reason}\n\n${sql}\n`,
    {
      cause,
      hint: `mend the model of "${table ?? name}", then run the command again`,
    },
  );
}
