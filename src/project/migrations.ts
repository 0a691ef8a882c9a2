import { mkdirSync, readdirSync, linkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CleanSlateError } from "../errors.ts";
import { readUtf8, unreadable } from "./utf8.ts";

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
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && NAME.test(entry.name))
      .map(({ name }) => name)
      .toSorted();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw failure(`cannot read the folder "${folder}"`, error);
  }
}

/** The name of the newest migration file, or null. */
export function newestMigrationName(folder: string): string | null {
  return listMigrations(folder).at(-1) ?? null;
}

/** Reads one migration file. Throws MIGRATION_INVALID when it cannot be read. */
export function readMigration(path: string, name = path): MigrationFile {
  try {
    return { name, path, text: readUtf8(path) };
  } catch (error) {
    const otherwise = "clean-slate generate-migration writes one; --file takes its path";
    const { reason, hint } = unreadable(error, otherwise);
    throw new CleanSlateError("MIGRATION_INVALID", `cannot read the migration "${name}" (${reason})`, {
      cause: error,
      hint,
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
      if (time > LAST_TIME) throw noLaterName(folder);
      const stamp = stampOf(time);
      const isFree = listMigrations(folder).every((other) => !other.startsWith(stamp));
      const name = `${stamp}_${slug}.sql`;
      if (isFree && linkNew(part, join(folder, name))) return name;
    }
  } catch (error) {
    if (error instanceof CleanSlateError) throw error;
    throw failure(`cannot write a migration into "${folder}"`, error);
  } finally {
    rmSync(part, { force: true });
  }
}

const SECOND = 1000;

/** The last second whose year has four digits: a name with more of them would sort before all others. */
const LAST_TIME = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

function noLaterName(folder: string): CleanSlateError {
  const newest = listMigrations(folder).at(-1);
  return new CleanSlateError(
    "WRITE_FAILED",
    `no name of a migration sorts after "${newest}" in "${folder}"`,
    {
      hint: "give that file the name of its real time",
    },
  );
}

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
