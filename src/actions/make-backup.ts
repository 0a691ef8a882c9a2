import { existsSync } from "node:fs";
import { relative } from "node:path";
import { copyLocal } from "../database/copy-local.ts";
import type { Database } from "../database/database.ts";
import { readSnapshot, type Snapshot } from "../database/inspect.ts";
import { removeAtExit } from "../database/leftovers.ts";
import { readInventory, type Inventory } from "../database/inventory.ts";
import { readStorage, storageFromRows, type Storage } from "../database/storage.ts";
import { databaseName, type Target } from "../database/target.ts";
import { CleanSlateError } from "../errors.ts";
import { droppedObjects } from "../plan/drop.ts";
import { areRowsAsShown } from "../plan/shown-rows.ts";
import type { Backup, Manifest } from "../project/backups.ts";
import { AUTOMATIC, pruneBackups } from "../project/prune-backups.ts";
import { draftBackup, unwritableFolder, type Draft } from "../project/write-backup.ts";
import { indexOwners } from "../schema/catalog-head.ts";
import { fingerprintFrom } from "../schema/fingerprint.ts";
import { isSameCatalog } from "../schema/same-catalog.ts";
import type { CatalogRow } from "../schema/types.ts";
import { VERSION } from "../version.ts";
import type { Deps } from "./deps.ts";
import { understood } from "./catalog-outline.ts";
import { shownRows } from "./inspect-present.ts";

/** The reason of a backup that is no preparation for anything. */
export const ASKED_FOR = "asked for";

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
  /** What the pages of the target told; null when nobody is going to be shown what was found in the backup. */
  readonly storage: Storage | null;
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

/** A copy that nothing lists yet. */
export interface BegunBackup {
  /** What is in it. */
  readonly inventory: Inventory;
  /** Makes it a backup. Throws as {@link beginBackup} does. */
  keep(): MadeBackup;
  /** Takes back what was written, unless it is kept. */
  discard(): void;
}

/** Makes a backup; {@link beginBackup} says of what, and what it throws. */
export async function makeBackup(deps: Deps, request: BackupRequest): Promise<MadeBackup | null> {
  const begun = await beginBackup(deps, request);
  return begun && begun.keep();
}

/**
 * Copies the target's rows and schema into the folder of backups. Null for a database without objects. Throws BACKUP_FAILED, or
 * what the database said, with nothing of the backup left.
 */
export async function beginBackup(deps: Deps, request: BackupRequest): Promise<BegunBackup | null> {
  const { target, database, snapshot } = request;
  if (droppedObjects(snapshot.rows).length === 0) return null;
  const place = { folder: deps.config.backups.value, isAskedFor: request.reason === ASKED_FOR };
  deps.progress(`backing up ${databaseName(target)}`);
  const draft = passingDraft(place);
  try {
    const version = target.kind === "local" ? await dataVersion(database) : null;
    await copy(deps, request, draft.path);
    const content = await contentOf(deps.config.root, draft.path, request);
    const conditions = shownRows(content.inventory.tables).map(areRowsAsShown);
    const keep = (): MadeBackup => {
      const backup = keepDraft(draft, place, manifestOf(deps, request, content));
      return { backup, rowConditions: conditions, unchanged: version ?? conditions };
    };
    return { inventory: content.inventory, keep, discard: draft.discard };
  } catch (error) {
    draft.discard();
    throw failure(place, error);
  }
}

interface Place {
  readonly folder: string;
  /** Whether the backup is all that is to be done. */
  readonly isAskedFor: boolean;
}

/** A draft that goes with the process when it ends too early. */
function passingDraft(place: Place): Draft {
  const draft = attempt(place, () => draftBackup(place.folder));
  const forget = removeAtExit(draft.discard);
  const discard = (): void => {
    forget();
    draft.discard();
  };
  return { ...draft, discard };
}

function keepDraft(draft: Draft, place: Place, manifest: ReturnType<typeof manifestOf>): Backup {
  try {
    return attempt(place, () => draft.keep(manifest));
  } finally {
    draft.discard();
  }
}

function attempt<T>(place: Place, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw failure(place, error);
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
async function contentOf(
  root: string,
  path: string,
  { snapshot: origin, storage: shown }: Pick<BackupRequest, "snapshot" | "storage">,
): Promise<Content> {
  const { openLocal } = await import("../database/local.ts");
  const database = openLocal(path);
  try {
    const snapshot = await readSnapshot(database);
    const isSame = snapshot.text === origin.text || isSameCatalog(snapshot.rows, origin.rows);
    const { rows } = isSame ? origin : snapshot;
    const outline = understood(root, rows);
    const objects = droppedObjects(rows);
    const storage = shown ?? (await storageOf(database, rows, objects.length * PAGES_TO_A_TABLE));
    const inventory = await readInventory(database, { outline, objects, storage, isBrief: shown === null });
    const fingerprint = outline === null ? "0".repeat(16) : fingerprintFrom(outline.digests);
    return { fingerprint, objects: objects.length, inventory };
  } finally {
    database.close();
  }
}

async function storageOf(database: Database, rows: readonly CatalogRow[], pages: number): Promise<Storage> {
  const [sizes = null] = await database.readEach([readStorage(pages)]);
  return storageFromRows(sizes, indexOwners(rows));
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

function failure({ folder, isAskedFor }: Place, cause: unknown): unknown {
  const isOfFile = (cause as NodeJS.ErrnoException).syscall !== undefined;
  const error = isOfFile ? unwritableFolder(folder, cause) : cause;
  if (!(error instanceof CleanSlateError)) return error;
  const without = "nothing was changed; --no-backup goes on without one";
  const besides = error.hint === undefined ? without : `${error.hint} (${without})`;
  const hint = isAskedFor ? error.hint : besides;
  const code = error.code === "SQL_INVALID" ? "BACKUP_FAILED" : error.code;
  return new CleanSlateError(code, `there is no backup: ${error.message}`, {
    cause: error,
    ...(hint !== undefined && { hint }),
  });
}
