import { pathToFileURL } from "node:url";
import type { PlannedStatement } from "../plan/plan.ts";
import { literal } from "../sql/literal.ts";
import type { Outcome } from "./database.ts";
import { connectLocal, failureWithHolders, openLocal, transactLocal } from "./local.ts";
import { rowsOf, type Connection } from "./sqlite.ts";

/** What the backup is called where it is attached. */
export const SOURCE = "clean_slate_backup";

/** What a backup holds comes back, also where a constraint was added over it. */
const UNCHECKED = "PRAGMA ignore_check_constraints=ON";

export interface LocalRestore {
  /** The database that is replaced. */
  readonly path: string;
  /** The backup's SQLite file, attached as {@link SOURCE} while the statements run. */
  readonly source: string;
  readonly statements: readonly PlannedStatement[];
  /** Run after the commit. */
  readonly reads: readonly string[];
}

/**
 * Replaces the content of a local file in one transaction, in the file as it is: programs that have it open see the old or the new,
 * where a file put in its place would leave them with one that has no name. The index of a failure is that of one of `statements`.
 */
export async function restoreLocal({ path, source, statements, reads }: LocalRestore): Promise<Outcome> {
  let connection: Connection | undefined;
  let settings: string[];
  try {
    connection = connectLocal(path);
    settings = attach(connection, source);
  } catch (error) {
    connection?.close();
    return { kind: "rolled-back", index: null, error: await failureWithHolders(path, error) };
  }
  const work = { statements: [...statements.map(({ sql }) => sql), ...settings], reads: [] };
  const outcome = await transactLocal(connection, path, work);
  connection.close();
  return outcome.kind === "committed" ? readAnew(path, reads) : outcome;
}

/** On another connection: libSQL's check of a vector index errs on one that dropped and made one. */
async function readAnew(path: string, reads: readonly string[]): Promise<Outcome> {
  const database = openLocal(path);
  try {
    const [, ...found] = await database.read([UNCHECKED, ...reads]);
    return { kind: "committed", reads: found };
  } catch {
    return { kind: "committed", reads: null };
  } finally {
    database.close();
  }
}

/** Attaches the backup and returns the statements that adopt its settings. */
function attach(connection: Connection, source: string): string[] {
  adoptEncoding(connection, source);
  connection.exec(UNCHECKED);
  connection.exec(`ATTACH ${literal(`${pathToFileURL(source).href}?mode=ro&immutable=1`)} AS ${SOURCE}`);
  return ["user_version", "application_id"].map((name) => {
    const [row] = rowsOf(connection, `PRAGMA ${SOURCE}.${name}`);
    return `PRAGMA ${name}=${Number(row?.[name])}`;
  });
}

/** SQLite attaches only what has the same encoding, and a file that is new takes the one it is given. */
function adoptEncoding(connection: Connection, source: string): void {
  const [counted] = rowsOf(connection, "SELECT count(*) AS objects FROM sqlite_schema");
  if (Number(counted?.["objects"]) > 0) return;
  const backup = connectLocal(source);
  try {
    const encoding = rowsOf(backup, "PRAGMA encoding")[0]?.["encoding"];
    if (typeof encoding === "string") connection.exec(`PRAGMA encoding=${literal(encoding)}`);
  } finally {
    backup.close();
  }
}
