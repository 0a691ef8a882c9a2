import { existsSync } from "node:fs";
import { relative } from "node:path";
import { copyLocal } from "../database/copy-local.ts";
import type { Database } from "../database/database.ts";
import { readSnapshot, type Snapshot } from "../database/inspect.ts";
import { readInventory, type Inventory } from "../database/inventory.ts";
import { readStorage, storageFromRows } from "../database/storage.ts";
import { databaseName, type Target } from "../database/target.ts";
import { CleanSlateError } from "../errors.ts";
import { droppedObjects } from "../plan/drop.ts";
import { areRowsAsShown } from "../plan/shown-rows.ts";
import type { Backup, Manifest } from "../project/backups.ts";
import { AUTOMATIC, pruneBackups } from "../project/prune-backups.ts";
import { draftBackup, unwritableFolder } from "../project/write-backup.ts";
import { fingerprintFrom } from "../schema/fingerprint.ts";
import { isSameCatalog } from "../schema/same-catalog.ts";
import { VERSION } from "../version.ts";
import type { Deps } from "./deps.ts";
import { understood } from "./catalog-outline.ts";
import { shownRows } from "./inspect-present.ts";

export interface BackupRequest {
  readonly target: Target;
  /** The truth of the target, open, and what was read of it. */
  readonly database: Database;
  readonly snapshot: Snapshot;
  /** Tables a primary need not be asked for: whoever drops them makes sure that they are still empty. */
  readonly empty: ReadonlySet<string>;
  readonly reason: string;
  /** What the person calls it; null when nobody asked for it. */
  readonly label: string | null;
}

/** A backup, and what had to make room for it. */
export interface KeptBackup {
  readonly backup: Backup;
  /** Older ones, deleted because they were beyond the automatic limits. */
  readonly pruned: readonly Backup[];
}

export interface MadeBackup {
  readonly backup: Backup;
  /** SQL conditions that hold while the rows are those in the backup, as far as their number and their highest rowid tell. */
  readonly rowConditions: readonly string[];
  /** The same, and beyond doubt for a local file, on the connection the backup was made through. */
  readonly unchanged: readonly string[];
}

/**
 * Copies the target's rows and schema into the folder of backups. Null for a database without objects. Throws BACKUP_FAILED, or
 * what the database said, with nothing of the backup left.
 */
export async function makeBackup(deps: Deps, request: BackupRequest): Promise<MadeBackup | null> {
  const { target, database, snapshot } = request;
  if (droppedObjects(snapshot.rows).length === 0) return null;
  const folder = deps.config.backups.value;
  deps.progress(`backing up ${databaseName(target)}`);
  const draft = draftBackup(folder);
  try {
    const version = target.kind === "local" ? await dataVersion(database) : null;
    await copy(deps, request, draft.path);
    const content = await contentOf(deps.config.root, draft.path, snapshot);
    const backup = draft.keep(manifestOf(deps, request, content));
    const conditions = shownRows(content.inventory.tables).map(areRowsAsShown);
    return { backup, rowConditions: conditions, unchanged: version ?? conditions };
  } catch (error) {
    draft.discard();
    const isOfFile = (error as NodeJS.ErrnoException).syscall !== undefined;
    throw failure(isOfFile ? unwritableFolder(folder, error) : error);
  }
}

/** Deletes what is beyond the automatic limits, but for the backup of the name `spared`, which is still needed. */
export function pruneAutomatically({ config }: Deps, spared: string | null): Backup[] {
  return pruneBackups(
    config.backups.value,
    AUTOMATIC,
    ({ name, label }) => label !== null || name === spared,
  );
}

/** Changes when another connection commits (https://www.sqlite.org/pragma.html#pragma_data_version); not over HTTP, where each request has one of its own. */
async function dataVersion(database: Database): Promise<string[]> {
  const [rows] = await database.read(["SELECT data_version FROM pragma_data_version"]);
  return [`(SELECT data_version FROM pragma_data_version) = ${Number(rows?.[0]?.["data_version"])}`];
}

async function copy({ progress }: Deps, request: BackupRequest, path: string): Promise<void> {
  const { target, database, snapshot, empty } = request;
  if (target.kind === "local")
    return copyLocal(database, { source: target.path, path, onProgress: progress });
  const { copyRemote } = await import("../database/copy-remote.ts");
  const base = target.kind === "replica" && existsSync(target.path) ? target.path : null;
  return copyRemote(target.primary, { snapshot, empty, path, base, onProgress: progress });
}

/** Looking at so many pages costs less than counting a table. */
const PAGES_TO_A_TABLE = 16;

interface Content {
  readonly fingerprint: string;
  readonly objects: number;
  readonly inventory: Inventory;
}

/** Reads the copy, not the database: what it says of itself is what it holds. */
async function contentOf(root: string, path: string, origin: Snapshot): Promise<Content> {
  const { openLocal } = await import("../database/local.ts");
  const database = openLocal(path);
  try {
    const snapshot = await readSnapshot(database);
    const outline = understood(root, isSameCatalog(snapshot.rows, origin.rows) ? origin.rows : snapshot.rows);
    const objects = droppedObjects(snapshot.rows);
    const [sizes = null] = await database.readEach([readStorage(objects.length * PAGES_TO_A_TABLE)]);
    const storage = storageFromRows(sizes, snapshot);
    const inventory = await readInventory(database, { outline, objects, storage, isBrief: true });
    const fingerprint = outline === null ? "0".repeat(16) : fingerprintFrom(outline.digests);
    return { fingerprint, objects: objects.length, inventory };
  } finally {
    database.close();
  }
}

function manifestOf(
  { config, now }: Deps,
  { target, reason, label }: BackupRequest,
  { fingerprint, objects, inventory }: Content,
): Omit<Manifest, "bytes" | "sha256"> {
  const rows = [...inventory.tables.values()].reduce((sum, table) => sum + table.rows, 0);
  const kind = target.kind === "local" ? "local" : "primary";
  const database = { kind, name: databaseName(target), location: locationOf(target, config.root) } as const;
  const created = now().toISOString();
  return { format: 1, version: VERSION, created, database, reason, label, fingerprint, objects, rows };
}

/** What tells one database from another in the manifests of a project: its path in there, or the primary's host. */
export function locationOf(target: Target, root: string): string {
  return target.kind === "local" ? relative(root, target.path) : target.primary.host;
}

function failure(error: unknown): unknown {
  if (!(error instanceof CleanSlateError)) return error;
  const without = "nothing was changed; --no-backup goes on without one";
  const hint = error.hint === undefined ? without : `${error.hint} (${without})`;
  const code = error.code === "SQL_INVALID" ? "BACKUP_FAILED" : error.code;
  return new CleanSlateError(code, `there is no backup: ${error.message}`, { cause: error, hint });
}
