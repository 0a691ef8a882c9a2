import { createClient, type Client } from "@libsql/client/sqlite3";
import { pathToFileURL } from "node:url";
import { guard } from "../plan/plan.ts";
import { copyStatements, isCopied, type RestorePlan } from "../plan/restore.ts";
import { literal } from "../sql/literal.ts";
import type { Outcome } from "./database.ts";
import { BUSY_TIMEOUT, failureWithHolders, makePrivate } from "./local.ts";

const SOURCE = "clean_slate_backup";

export interface LocalRestore {
  /** The database that is replaced. */
  readonly path: string;
  /** The backup's SQLite file. */
  readonly source: string;
  readonly plan: RestorePlan;
}

/**
 * Replaces the content of a local file in one transaction, in the file as it is: programs that have it open see the old or the new,
 * where a file put in its place would leave them with one that has no name. Every table is compared with the backup before the commit.
 */
export async function restoreLocal({ path, source, plan }: LocalRestore): Promise<Outcome> {
  makePrivate(path);
  const client = createClient({ url: pathToFileURL(path).href, concurrency: 1, timeout: BUSY_TIMEOUT });
  try {
    const attached = `${pathToFileURL(source).href}?mode=ro&immutable=1`;
    await adoptEncoding(client, source);
    await client.execute("PRAGMA foreign_keys=OFF");
    await client.execute("PRAGMA ignore_check_constraints=ON");
    await client.execute(`ATTACH ${literal(attached)} AS ${SOURCE}`);
    const [version, id] = [
      await settingOf(client, "user_version"),
      await settingOf(client, "application_id"),
    ];
    await client.batch(
      [
        ...plan.before.map(({ sql }) => sql),
        ...plan.tables.flatMap((table) => copyStatements(table, SOURCE)),
        ...plan.tables.map((table) => guard("rows", isCopied(table, SOURCE), table.name).sql),
        ...plan.after.map(({ sql }) => sql),
        `PRAGMA user_version=${version}`,
        `PRAGMA application_id=${id}`,
      ],
      "write",
    );
    return { kind: "committed", reads: [] };
  } catch (error) {
    const index = (error as { statementIndex?: number }).statementIndex ?? null;
    return { kind: "rolled-back", index, error: await failureWithHolders(path, error) };
  } finally {
    client.close();
  }
}

async function settingOf(client: Client, name: string): Promise<number> {
  const { rows } = await client.execute(`PRAGMA ${SOURCE}.${name}`);
  return Number(rows[0]?.[name]);
}

/** SQLite attaches only what has the same encoding, and a file that is new takes the one it is given. */
async function adoptEncoding(client: Client, source: string): Promise<void> {
  const { rows } = await client.execute("SELECT count(*) AS objects FROM sqlite_schema");
  if (Number(rows[0]?.["objects"]) > 0) return;
  const backup = createClient({ url: pathToFileURL(source).href });
  const found = await backup.execute("PRAGMA encoding");
  backup.close();
  const encoding = found.rows[0]?.["encoding"];
  if (typeof encoding === "string") await client.execute(`PRAGMA encoding=${literal(encoding)}`);
}
