import type { Client } from "@libsql/client/sqlite3";
import { pathToFileURL } from "node:url";
import { CleanSlateError } from "../errors.ts";
import type { PlannedStatement } from "../plan/plan.ts";
import { literal } from "../sql/literal.ts";
import type { Outcome } from "./database.ts";
import { connectLocal, failureWithHolders, openLocal, transactLocal } from "./local.ts";

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
  let client: Client | undefined;
  let settings: string[];
  try {
    client = connectLocal(path);
    settings = await attach(client, source);
  } catch (error) {
    client?.close();
    return { kind: "rolled-back", index: null, error: await failureWithHolders(path, error) };
  }
  const work = { statements: [...statements.map(({ sql }) => sql), ...settings], reads: [] };
  const outcome = await transactLocal(client, path, work);
  client.close();
  return outcome.kind === "committed" ? readAnew(path, reads) : outcome;
}

/** On another connection: libSQL's check of a vector index errs on one that dropped and made one. */
async function readAnew(path: string, reads: readonly string[]): Promise<Outcome> {
  try {
    const database = openLocal(path);
    try {
      const [, ...found] = await database.read([UNCHECKED, ...reads]);
      return { kind: "committed", reads: found };
    } finally {
      database.close();
    }
  } catch (error) {
    if (error instanceof CleanSlateError) return { kind: "unknown", error };
    throw error;
  }
}

/** Attaches the backup and returns the statements that adopt its settings. */
async function attach(client: Client, source: string): Promise<string[]> {
  await adoptEncoding(client, source);
  await client.execute(UNCHECKED);
  await client.execute(`ATTACH ${literal(`${pathToFileURL(source).href}?mode=ro&immutable=1`)} AS ${SOURCE}`);
  const settings: string[] = [];
  for (const name of ["user_version", "application_id"]) {
    const { rows } = await client.execute(`PRAGMA ${SOURCE}.${name}`);
    settings.push(`PRAGMA ${name}=${Number(rows[0]?.[name])}`);
  }
  return settings;
}

/** SQLite attaches only what has the same encoding, and a file that is new takes the one it is given. */
async function adoptEncoding(client: Client, source: string): Promise<void> {
  const { rows } = await client.execute("SELECT count(*) AS objects FROM sqlite_schema");
  if (Number(rows[0]?.["objects"]) > 0) return;
  const backup = connectLocal(source);
  const found = await backup.execute("PRAGMA encoding").finally(() => backup.close());
  const encoding = found.rows[0]?.["encoding"];
  if (typeof encoding === "string") await client.execute(`PRAGMA encoding=${literal(encoding)}`);
}
