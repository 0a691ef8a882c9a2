import { hash } from "node:crypto";
import { isEngineObject } from "./engine-objects.ts";
import type { CatalogRow } from "./types.ts";

/** Whether two catalogs hold the same objects to the letter, in whatever order. Catalogs that do need no parsing to be equal. */
export function isSameCatalog(a: readonly CatalogRow[], b: readonly CatalogRow[]): boolean {
  const [left, right] = [a.filter(isOurs), b.filter(isOurs)];
  if (left.length !== right.length) return false;
  if (left.every((row, index) => isSameRow(row, right[index]))) return true;
  const rows = new Map(right.map((row) => [keyOf(row), row]));
  return left.every((row) => isSameRow(row, rows.get(keyOf(row))));
}

/** Stands for everything a catalog says: equal, with the same `salt`, exactly when {@link isSameCatalog}. */
export function catalogKey(rows: readonly CatalogRow[], salt: string): string {
  const sorted = rows.filter(isOurs).toSorted((a, b) => compare(a.name, b.name) || compare(a.type, b.type));
  const texts = sorted.map(({ type, name, table, sql }) => `${type}\0${name}\0${table}\0${sql}`);
  return hash("sha256", `${salt}\0\0${texts.join("\0\0")}`, "base64url").slice(0, 24);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function keyOf({ type, name }: CatalogRow): string {
  return `${type} ${name}`;
}

function isOurs({ name, table }: CatalogRow): boolean {
  return !isEngineObject(table) && !isEngineObject(name);
}

function isSameRow(a: CatalogRow, b: CatalogRow | undefined): boolean {
  return a.type === b?.type && a.name === b.name && a.table === b.table && a.sql === b.sql;
}
