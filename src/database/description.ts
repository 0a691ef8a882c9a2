import type { Database, Rows } from "./database.ts";
import { readState, type State } from "./inspect.ts";
import { readStorage, SIZED_PAGES } from "./storage.ts";

/** What a database says of itself. */
export interface Description extends Omit<State, "extras"> {
  readonly journalMode: string | null;
  readonly pages: { readonly count: number; readonly size: number; readonly free: number } | null;
  /** What tells the storage; null where it could not be read. */
  readonly sizes: Rows | null;
}

const READ_PAGES = [
  "PRAGMA journal_mode",
  "PRAGMA page_count",
  "PRAGMA page_size",
  "PRAGMA freelist_count",
] as const;

/** Describes a database; a primary in one round trip. */
export async function readDescription(database: Database, where: "file" | "primary"): Promise<Description> {
  const { extras, ...state } = await readState(database, where, [readStorage(SIZED_PAGES), ...READ_PAGES]);
  const [sizes = null, ...pragmas] = extras;
  const [mode, count, size, free] = pragmas.map((rows) => Object.values(rows?.[0] ?? {})[0] ?? null);
  return {
    ...state,
    journalMode: mode === null || mode === undefined ? null : String(mode),
    pages: typeof count === "number" ? { count, size: Number(size), free: Number(free) } : null,
    sizes,
  };
}
