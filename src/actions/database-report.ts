import { existsSync } from "node:fs";
import type { Database } from "../database/database.ts";
import { readDescription } from "../database/description.ts";
import { readInventory } from "../database/inventory.ts";
import { refuseNonFile } from "../database/open.ts";
import { openRemote } from "../database/remote.ts";
import { storageFromRows } from "../database/storage.ts";
import type { Primary } from "../database/target.ts";
import { CleanSlateError } from "../errors.ts";
import { SMALL } from "../plan/shown-rows.ts";
import { protectionOf, type Protection } from "../plan/bookkeeping.ts";
import type { OutlinedCatalog } from "../schema/diff-catalogs.ts";
import { catalogHead, catalogOutline } from "./catalog-outline.ts";

export interface TableReport {
  readonly name: string;
  /** Exact up to 10,000; beyond that the highest rowid, `isEstimate` set. Null where neither can be read. */
  readonly rows: number | null;
  readonly isEstimate: boolean;
  readonly columns: number;
  readonly indexes: number;
  /** Pages of the table and its indexes; null in a database too large to walk through for it. */
  readonly bytes: number | null;
}

export interface DatabaseReport {
  readonly sqliteVersion: string;
  readonly journalMode: string | null;
  readonly pages: { readonly count: number; readonly size: number; readonly free: number } | null;
  readonly tables: readonly TableReport[];
  /** Names of the views, triggers and virtual tables. */
  readonly programs: readonly string[];
  /** What it was read from; a function, and therefore not in a document. */
  readonly catalog: () => OutlinedCatalog;
  readonly fingerprint: string;
  /** What the last rebuild wrote down: run_id, fingerprint, applied_at, version; null when there was none. */
  readonly lastRun: Readonly<Record<string, string>> | null;
  /** Since when and why it is not to be rebuilt; null when it may be. */
  readonly protection: Protection | null;
}

/** Every page is looked at once: up to 1 GiB of them without copying it (https://www.sqlite.org/mmap.html). */
const LOOK_IN_PLACE = "PRAGMA mmap_size=1073741824";

/** Reads the local file, or the replica's file as it lies there; `maker` is the command that makes it where it is missing. */
export async function inspectDatabaseFile(
  path: string,
  maker: string,
  root: string,
): Promise<DatabaseReport> {
  if (!existsSync(path)) {
    throw new CleanSlateError("DATABASE_UNREADABLE", `"${path}" does not exist yet`, {
      hint: `clean-slate ${maker} makes it`,
    });
  }
  refuseNonFile(path);
  const { openLocal } = await import("../database/local.ts");
  const database = openLocal(path);
  try {
    await database.readEach([LOOK_IN_PLACE]);
    return await inspectDatabase(database, "file", root);
  } finally {
    database.close();
  }
}

export async function inspectPrimary(
  primary: Primary,
  root: string,
): Promise<DatabaseReport & { readonly host: string; readonly latency: number }> {
  const database = openRemote(primary);
  await database.read(["SELECT 1"]); // opens the connection, so that the next trip is the network's alone
  const start = performance.now();
  await database.read(["SELECT 1"]);
  const latency = Math.round(performance.now() - start);
  return Object.assign(await inspectDatabase(database, "primary", root), { host: primary.host, latency });
}

async function inspectDatabase(
  database: Database,
  where: "file" | "primary",
  root: string,
): Promise<DatabaseReport> {
  const { snapshot, bookkeeping, journalMode, pages, sizes } = await readDescription(database, where);
  const head = catalogHead(root, snapshot);
  const { tables, programs, fingerprint } = head;
  const storage = storageFromRows(sizes, head.owners);
  const objects = tables.map(({ name }) => ({ name, holdsRows: true }));
  const counting = { outline: head, objects, storage, limit: SMALL, isBrief: true };
  const inventory = await readInventory(database, counting);
  const { protected: _, ...lastRun } = bookkeeping;
  return {
    sqliteVersion: snapshot.sqliteVersion,
    journalMode,
    pages,
    tables: tables.map(({ name, columns, indexes }) => {
      const { rows = null, isEstimate = false } = inventory.tables.get(name) ?? {};
      return { name, rows, isEstimate, columns, indexes, bytes: storage.bytes.get(name) ?? null };
    }),
    programs,
    catalog: () => ({ rows: snapshot.rows, outline: catalogOutline(root, snapshot.rows) }),
    fingerprint,
    lastRun: "run_id" in lastRun ? lastRun : null,
    protection: protectionOf(bookkeeping),
  };
}
