import { createClient, type Client } from "@libsql/client/sqlite3";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { drizzle } from "drizzle-orm/libsql/sqlite3";
import { openLocal } from "../../database/local.ts";
import type { Statement } from "../../schema/create.ts";
import type { Image } from "../image.ts";
import { releaseHandles } from "../release.ts";
import { checkBuilt, type DriverModule, type Opened, type Place } from "./driver.ts";

/** A libSQL database in a file of its own. */
export const driver: DriverModule = {
  engine,
  origin: { kind: "statements", build },
  open,
  needsFolder: true,
};

const FILE = "database.db";

async function engine(): Promise<string> {
  const client = createClient({ url: ":memory:" });
  const { rows } = await client.execute("SELECT sqlite_source_id() AS id");
  client.close();
  return rows[0]?.["id"] as string;
}

async function build(statements: readonly Statement[], { folder }: Place): Promise<Image> {
  const path = join(folder.path, FILE);
  const database = openLocal(path);
  try {
    const sql = statements.map((statement) => statement.sql);
    await checkBuilt(await database.transact(sql, []), statements);
  } finally {
    database.close();
    await releaseHandles();
  }
  return { kind: "bytes", bytes: readFileSync(path) };
}

async function open(image: Image, { folder }: Place): Promise<Opened> {
  const path = join(folder.path, FILE);
  write(path, image);
  const url = pathToFileURL(path).href;
  const client = createClient({ url });
  const settle = (): Promise<void> => (folder.isMemory ? Promise.resolve() : stopSyncing(client));
  await settle();
  return {
    client,
    drizzle: (config) => drizzle({ ...config, client }),
    url,
    path,
    file: FILE,
    authToken: null,
    run: async (statements) => void (await client.batch([...statements], "write")),
    capture: () => capture(client, path),
    restore: async (to) => {
      client.close();
      for (const suffix of ["-journal", "-wal", "-shm", ""]) rmSync(path + suffix, { force: true });
      write(path, to);
      client.reconnect();
      await releaseHandles();
      await settle();
    },
    close: async () => {
      client.close();
      await releaseHandles();
    },
  };
}

function write(path: string, image: Image): void {
  if (image.kind === "bytes") writeFileSync(path, image.bytes, { mode: 0o600 });
}

/** On a disk, waiting for it is most of what a test takes (https://www.sqlite.org/pragma.html#pragma_synchronous). */
async function stopSyncing(client: Client): Promise<void> {
  await client.executeMultiple("PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY;");
}

/** While a write transaction is open nobody else writes into the file. */
async function capture(client: Client, path: string): Promise<Image> {
  await client.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  const transaction = await client.transaction("write");
  try {
    return { kind: "bytes", bytes: readFileSync(path) };
  } finally {
    transaction.close();
  }
}
