import { mkdirSync, readdirSync, readFileSync, linkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CleanSlateError } from "../errors.ts";

/** A reviewed SQL file, as it lies on disk. */
export interface MigrationFile {
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

const NAME = /^\d{14}_.*\.sql$/;

/** Names of the migration files in `folder`, oldest first; none when there is no folder. */
function listMigrations(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => NAME.test(name))
      .toSorted();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw failure(`cannot read the folder "${folder}"`, error);
  }
}

/** The newest migration file, or null. */
export function readNewestMigration(folder: string): MigrationFile | null {
  const name = listMigrations(folder).at(-1);
  return name === undefined ? null : readMigration(join(folder, name), name);
}

/** Reads one migration file. Throws MIGRATION_INVALID when it cannot be read. */
export function readMigration(path: string, name = path): MigrationFile {
  try {
    return { name, path, text: readFileSync(path, "utf8") };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CleanSlateError("MIGRATION_INVALID", `cannot read the migration "${name}" (${code})`, {
      cause: error,
      hint: "clean-slate generate-migration writes one; --file takes its path",
    });
  }
}

export interface NewMigration {
  /** Part of the file's name, after its time. */
  readonly slug: string;
  readonly at: Date;
  readonly text: string;
}

/**
 * Writes a new migration and returns its name, which sorts after every other one, also when two are made in one second or the
 * clock went back. The file appears whole or not at all, and never over another one.
 */
export function writeMigration(folder: string, { slug, at, text }: NewMigration): string {
  const part = join(folder, `.${process.pid}.part`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(part, text);
    for (let time = nextTime(folder, at); ; time += SECOND) {
      const stamp = stampOf(time);
      const isFree = listMigrations(folder).every((other) => !other.startsWith(stamp));
      const name = `${stamp}_${slug}.sql`;
      if (isFree && linkNew(part, join(folder, name))) return name;
    }
  } catch (error) {
    throw failure(`cannot write a migration into "${folder}"`, error);
  } finally {
    rmSync(part, { force: true });
  }
}

const SECOND = 1000;

/** Milliseconds since 1970: now, or the first second after the newest file when that is later. */
function nextTime(folder: string, at: Date): number {
  const newest = listMigrations(folder).at(-1);
  if (newest === undefined) return at.getTime();
  const part = (from: number, to: number): number => Number(newest.slice(from, to));
  const day = Date.UTC(part(0, 4), part(4, 6) - 1, part(6, 8));
  const seconds = part(8, 10) * 3600 + part(10, 12) * 60 + part(12, 14);
  return Math.max(at.getTime(), day + (seconds + 1) * SECOND);
}

function stampOf(time: number): string {
  return new Date(time).toISOString().replaceAll(/\D/g, "").slice(0, 14);
}

/** A hard link fails where a rename would overwrite. */
function linkNew(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function failure(message: string, cause: unknown): CleanSlateError {
  const { code } = cause as NodeJS.ErrnoException;
  return new CleanSlateError("WRITE_FAILED", `${message} (${code})`, {
    cause,
    hint: "check its permissions, or name another folder with --out",
  });
}
