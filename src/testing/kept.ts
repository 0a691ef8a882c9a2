import { hash, randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Opened } from "./drivers/driver.ts";
import { copyFolder, type Image } from "./image.ts";
import { makeCacheFolder, removeFolder } from "./storage.ts";
import type { Template } from "./types.ts";

const FILE = "database.db";

/** The folder a database is kept in; for the same name it is the same, so that it holds the newest only. */
export function keptFolder({ root }: Template, name: string = randomUUID()): string {
  const slug = name
    .replaceAll(/[^\p{L}\p{N}]+/gu, "-")
    .replaceAll(/^-|-$/g, "")
    .slice(-60);
  const digest = hash("sha256", name, "hex").slice(0, 8);
  const cache = makeCacheFolder(root) ?? mkdtempSync(join(tmpdir(), "clean-slate-kept-"));
  return join(cache, "kept", slug === "" ? digest : `${slug}-${digest}`);
}

/** Where the database itself lies in the folder it is kept in. */
export function keptPath(folder: string, { file }: Opened): string {
  return join(folder, file ?? FILE);
}

/** Copies a database to where it is kept. */
export function keepIn(folder: string, image: Image): void {
  removeFolder(folder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (image.kind === "bytes") writeFileSync(join(folder, FILE), image.bytes, { mode: 0o600 });
  else copyFolder(image.path, folder);
}
