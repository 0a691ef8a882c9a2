import { createHash, type Hash } from "node:crypto";
import type { TablePage } from "./read-tables.ts";
import type { StoredRow } from "../plan/copy-rows.ts";

/**
 * Hashes what databases hold: every value with its storage class and to the last bit, every rowid. Two databases with the same
 * tables and rows have the same hash, wherever they are; the order of the tables does not count.
 */
export interface ContentHash {
  add(page: TablePage): void;
  /** Rows by table. */
  readonly rows: ReadonlyMap<string, number>;
  /** 64 hex characters. */
  digest(): string;
}

export function createContentHash(): ContentHash {
  const hashes = new Map<string, Hash>();
  const rows = new Map<string, number>();
  return {
    rows,
    add: ({ table, rows: page }) => {
      const hash = hashes.get(table.name) ?? createHash("sha256");
      hashes.set(table.name, hash);
      for (const row of page) addRow(hash, row);
      rows.set(table.name, (rows.get(table.name) ?? 0) + page.length);
    },
    digest: () => {
      const all = createHash("sha256");
      const names = [...hashes.keys()].toSorted();
      for (const name of names) all.update(`${name}\0${hashes.get(name)?.copy().digest("hex")}\n`);
      return all.digest("hex");
    },
  };
}

/** Of all pages. */
export async function contentHashOf(pages: AsyncIterable<TablePage>): Promise<ContentHash> {
  const hash = createContentHash();
  for await (const page of pages) hash.add(page);
  return hash;
}

/** Kinds first, then each value behind its length, so that no two rows have the same bytes. */
function addRow(hash: Hash, { kinds, values }: StoredRow): void {
  hash.update(`${kinds}:`);
  for (const [index, value] of values.entries()) {
    if (value === null) continue;
    const bytes = value instanceof Uint8Array ? value : textOf(kinds[index], value);
    hash.update(`${bytes.length}:`);
    hash.update(bytes);
  }
}

/** JavaScript writes two numbers alike only when they are the same, but for the zero below zero. */
function textOf(kind: string | undefined, value: number | bigint | string): string {
  return kind === "r" && Object.is(value, -0) ? "-0" : String(value);
}
