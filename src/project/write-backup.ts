import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { CleanSlateError } from "../errors.ts";
import { BACKUP_NAME, filesIn, type Backup, type Manifest } from "./backups.ts";
import { isAlive } from "../alive.ts";

/** A place for a backup that is being made; nothing lists it before `keep`. */
export interface Draft {
  /** Where its SQLite file is to be written. */
  readonly path: string;
  /** Makes it a backup: checksum, name, manifest. Returns what is listed from now on. */
  readonly keep: (manifest: Omit<Manifest, "bytes" | "sha256">) => Backup;
  /** Takes back what was written, and clears up after a backup that is kept. */
  readonly discard: () => void;
}

let drafts = 0;

/** Begins a backup in `folder`, which is made, for its owner only, when it is not there; sweeps away what killed runs have left. */
export function draftBackup(folder: string): Draft {
  return guarded(folder, () => {
    makePrivateFolder(folder);
    sweep(folder);
    drafts += 1;
    const path = join(folder, `.${process.pid}-${drafts}.part`);
    removeDraft(path);
    return {
      path,
      keep: (manifest) => keepDraft(folder, path, manifest),
      discard: () => removeDraft(path),
    };
  });
}

function makePrivateFolder(folder: string): void {
  if (mkdirSync(folder, { recursive: true, mode: 0o700 }) === undefined) return;
  writeFileSync(join(folder, ".gitignore"), "# rows of a database do not belong into a repository\n*\n");
}

/** Minutes after which a file without a manifest was left by a run that was killed between the two. */
const ORPHAN_MINUTES = 60;

function sweep(folder: string): void {
  const files = filesIn(folder);
  for (const file of files) {
    const path = join(folder, file);
    const pid = /^\.(\d+)-\d+\.part/.exec(file)?.[1];
    const isLeft = pid !== undefined && !isAlive(Number(pid));
    const base = file.replace(/\.db$/, "");
    const isOrphan =
      base !== file &&
      BACKUP_NAME.test(base) &&
      !files.includes(`${base}.json`) &&
      minutesOld(path) > ORPHAN_MINUTES;
    if (isLeft || isOrphan) rmSync(path, { force: true });
  }
}

function minutesOld(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? (Date.now() - stat.mtimeMs) / 60_000 : 0;
}

/** With every file beside it that was made for it. */
function removeDraft(path: string): void {
  const folder = dirname(path);
  for (const file of filesIn(folder))
    if (file.startsWith(basename(path))) rmSync(join(folder, file), { force: true });
}

/** The manifest comes last and whole: what has none is no backup. */
function keepDraft(folder: string, part: string, manifest: Omit<Manifest, "bytes" | "sha256">): Backup {
  return guarded(folder, () => {
    const sha256 = checksumOf(part);
    syncFile(part);
    const whole: Manifest = { ...manifest, bytes: statSync(part).size, sha256 };
    writeFileSync(`${part}.json`, `${JSON.stringify(whole, null, 2)}\n`, { mode: 0o600, flush: true });
    const name = nameDraft(folder, part, whole);
    renameSync(`${part}.json`, join(folder, `${name}.json`));
    syncFile(folder);
    return { ...whole, name, path: join(folder, `${name}.db`) };
  });
}

/** From here on one more digit would make a name that is none, and a backup that nobody finds. */
const LAST_STAMP = 99_991_231_235_959;

/** The name sorts behind every other one, also when the clock went back; a hard link never takes a name that is taken. */
function nameDraft(folder: string, part: string, { created, database, fingerprint }: Manifest): string {
  const now = Number(created.replaceAll(/\D/g, "").slice(0, 14));
  const stamps = filesIn(folder)
    .filter((file) => BACKUP_NAME.test(file.replace(/\.(?:db|json)$/, "")))
    .map((file) => Number(file.slice(0, 14)))
    .filter((stamp) => stamp < LAST_STAMP);
  const slug = database.name.replaceAll(/[^A-Za-z0-9.-]+/g, "-").slice(0, 60) || "database";
  for (let stamp = Math.max(now, ...stamps.map((other) => other + 1)); ; stamp++) {
    const name = `${stamp}_${slug}_${fingerprint}`;
    try {
      moveNew(part, join(folder, `${name}.db`));
      return name;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/** Where a file system has no hard links, two that finish in the same instant are told apart by their process alone. */
function moveNew(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(code) || existsSync(to)) throw error;
    renameSync(from, to);
  }
}

function syncFile(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function checksumOf(path: string): string {
  const hash = createHash("sha256");
  const file = openSync(path, "r");
  try {
    const buffer = Buffer.allocUnsafe(1 << 20);
    for (let read = -1; read !== 0;) {
      read = readSync(file, buffer);
      hash.update(buffer.subarray(0, read));
    }
  } finally {
    closeSync(file);
  }
  return hash.digest("hex");
}

/** Throws BACKUP_DAMAGED unless the file is, to the bit, the one that was made. */
export function verifyBackup({ name, path, sha256 }: Backup): void {
  if (readChecksum(name, path) === sha256) return;
  throw new CleanSlateError(
    "BACKUP_DAMAGED",
    `the backup ${name} is damaged: its checksum is not the one it was made with`,
    {
      hint: "restore another one, by its name in clean-slate backups; nothing was changed",
    },
  );
}

function readChecksum(name: string, path: string): string {
  try {
    return checksumOf(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CleanSlateError("BACKUP_DAMAGED", `the backup ${name} cannot be read (${code})`, {
      cause: error,
      hint: "restore another one, by its name in clean-slate backups; nothing was changed",
    });
  }
}

function guarded<T>(folder: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof CleanSlateError ? error : unwritableFolder(folder, error);
  }
}

/** What the file system says of a folder of backups. */
export function unwritableFolder(folder: string, error: unknown): CleanSlateError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new CleanSlateError("BACKUP_FAILED", `cannot write a backup into "${folder}" (${code ?? message})`, {
    cause: error,
    hint: "free some space or check its permissions, or name another folder with --backup-dir",
  });
}
