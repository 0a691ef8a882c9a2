import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createClient as createServerClient } from "@libsql/client/http";
import { createClient as createFileClient } from "@libsql/client/sqlite3";
import { runInReplica } from "../test/support/replica-client.ts";
import { startSqld, type Sqld } from "../test/support/sqld.ts";
import { olderTables } from "./models/older.ts";
import { insertStatements } from "./models/rows.ts";
import { createStatements } from "./models/sql.ts";
import type { Table } from "./models/types.ts";
import { WORK } from "./places.ts";
import { ROWS, type Case } from "./scenario.ts";

const OFF = "PRAGMA foreign_keys = OFF";

/** Databases as they are before a run, made once and copied; under the content of their SQL, so that none is out of date. */
export interface Fixtures {
  /** Puts a local file there; nothing where the case is an empty database. */
  readonly file: (to: string) => Promise<void>;
  /** Puts the folder of a server's databases there. */
  readonly server: (to: string) => Promise<void>;
  /** Puts a replica that is in step with the server's databases there: a file named `local.db` and what belongs to it. */
  readonly replica: (to: string) => Promise<void>;
}

/** The fixtures of one size and case. */
export function createFixtures(tables: readonly Table[], kind: Case): Fixtures {
  const statements = statementsOf(tables, kind);
  const hash = createHash("sha256").update(statements.join(";")).digest("hex").slice(0, 12);
  const folder = join(WORK, "fixtures", `${tables.length}-${kind}-${hash}`);
  const isEmpty = kind === "empty";
  const make = {
    file: () => makeOnce(join(folder, "file"), (to) => makeFile(join(to, "local.db"), statements)),
    server: () => makeOnce(join(folder, "server"), (to) => makeServer(to, statements)),
    replica: () => makeOnce(join(folder, "replica"), (to) => makeReplica(to, make.server)),
  };
  const put = (from: () => Promise<string>) => async (to: string) => {
    await mkdir(to, { recursive: true });
    if (!isEmpty) await copyFolder(await from(), to);
  };
  return {
    file: (to) => put(make.file)(dirname(to)),
    server: put(make.server),
    replica: (to) => put(make.replica)(dirname(to)),
  };
}

function statementsOf(tables: readonly Table[], kind: Case): string[] {
  if (kind === "empty") return [];
  if (kind === "current") return createStatements(tables);
  const older = olderTables(tables);
  return [...createStatements(older), ...(kind === "rows" ? insertStatements(older, ROWS) : [])];
}

/** Makes a folder that is either whole or not there. */
async function makeOnce(path: string, make: (to: string) => Promise<void>): Promise<string> {
  if (existsSync(path)) return path;
  const part = `${path}.${process.pid}`;
  await mkdir(part, { recursive: true });
  await make(part);
  await rename(part, path);
  return path;
}

async function makeFile(path: string, statements: readonly string[]): Promise<void> {
  const client = createFileClient({ url: `file:${path}` });
  await client.executeMultiple(`${OFF};BEGIN;${statements.join(";")};COMMIT`);
  client.close();
}

/** The tables in one request, the rows of each table in one of its own: a server ends a transaction that takes long. */
async function makeServer(to: string, statements: readonly string[]): Promise<void> {
  await using server = await startSqld({ dir: to });
  const client = createServerClient({ url: server.url });
  const isInsert = (sql: string) => sql.startsWith("INSERT");
  const creates = statements.filter((sql) => !isInsert(sql));
  await client.executeMultiple(`${OFF};BEGIN;${creates.join(";")};COMMIT`);
  for (const insert of statements.filter(isInsert)) await client.executeMultiple(`${OFF};${insert}`);
  client.close();
  await server.stop();
}

async function makeReplica(to: string, makePrimary: () => Promise<string>): Promise<void> {
  const copy = `${to}.primary`;
  await copyFolder(await makePrimary(), copy);
  try {
    await using server = await startSqld({ dir: copy });
    await runInReplica({ file: join(to, "local.db"), url: server.url, timeoutMs: 120_000 });
    await server.stop();
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** Every file is on the disk afterwards: its writing is not for the next fsync to pay. */
async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    const target = join(to, path.slice(from.length));
    if (entry.isDirectory()) await mkdir(target, { recursive: true });
    else await copySynced(path, target);
  }
}

async function copySynced(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
  const handle = await open(to, "r+");
  await handle.sync();
  await handle.close();
}

/** Starts the primary of a run on a copy of its fixture. */
export async function startPrimary(fixtures: Fixtures, dir: string): Promise<Sqld> {
  await rm(dir, { recursive: true, force: true });
  await fixtures.server(dir);
  return startSqld({ dir });
}
