import { randomUUID } from "node:crypto";
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { CleanSlateError } from "../errors.ts";

/** A database at rest: the bytes of its file, or a folder of files. */
export type Image =
  | { readonly kind: "bytes"; readonly bytes: Buffer }
  | { readonly kind: "folder"; readonly path: string };

/** Copies a folder of regular files. SQLite's `-shm` files are left out: they belong to the processes that had them open. */
export function copyFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    if (entry.isDirectory()) copyFolder(source, join(to, entry.name));
    else if (!entry.name.endsWith("-shm")) copyFileSync(source, join(to, entry.name));
  }
}

/** How much room a copy takes. */
export function sizeOf(image: Image): number {
  if (image.kind === "bytes") return image.bytes.length;
  return readdirSync(image.path, { recursive: true, encoding: "utf8" })
    .map((name) => statSync(join(image.path, name)).size)
    .reduce((sum, size) => sum + size, 0);
}

/** Puts an image at `path`. It appears there whole or not at all; where one is already, that one stays. */
export function saveImage(image: Image, path: string): void {
  const part = `${path}.${randomUUID()}`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    if (image.kind === "bytes") writeFileSync(part, image.bytes, { mode: 0o600 });
    else copyFolder(image.path, part);
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    if (readImage(path) === null) throw error;
  }
}

const loaded = new Map<string, Image>();
/** A process rarely has more templates than it has models; the oldest leave memory. */
const LOADED_LIMIT = 16;

/** The image at `path`, read once in this process; null when there is none, or half of one. */
export function loadImage(path: string): Image | null {
  const found = loaded.get(path);
  if (found) return found;
  const image = readImage(path);
  if (image === null) return null;
  const [oldest] = loaded.keys();
  if (loaded.size >= LOADED_LIMIT && oldest !== undefined) loaded.delete(oldest);
  loaded.set(path, image);
  return image;
}

/** The image of a template. Throws DATABASE_NOT_FOUND when it was removed since it was built. */
export function templateImage(path: string): Image {
  const image = loadImage(path);
  if (image) return image;
  throw new CleanSlateError("DATABASE_NOT_FOUND", `the template "${path}" is gone`, {
    hint: "build it again with buildTemplate(), in the process that uses it",
  });
}

/** The image at `path`; null when there is none, or half of one. */
function readImage(path: string): Image | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return null;
  if (stat.isDirectory()) return { kind: "folder", path };
  const bytes = readFileSync(path);
  return isWhole(bytes) ? { kind: "bytes", bytes } : null;
}

/** SQLite's header holds the page size at byte 16 and the number of pages at byte 28 (https://www.sqlite.org/fileformat.html). */
function isWhole(bytes: Buffer): boolean {
  if (bytes.length < 100 || bytes.toString("latin1", 0, 15) !== "SQLite format 3") return false;
  const size = bytes.readUInt16BE(16);
  return bytes.length === (size === 1 ? 65_536 : size) * bytes.readUInt32BE(28);
}
