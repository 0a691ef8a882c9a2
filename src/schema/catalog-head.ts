import { fingerprintFrom } from "./fingerprint.ts";
import type { Outline, TableOutline } from "./outline.ts";
import type { CatalogRow } from "./types.ts";

/** What of a catalog must be known to show a database that is as it should be. */
export interface CatalogHead extends Pick<Outline, "programs"> {
  readonly tables: readonly TableHead[];
  readonly fingerprint: string;
  readonly owners: IndexOwners;
}

/** What of a table must be known to count its rows and to show it. */
export type TableHead = Omit<TableOutline, "parts">;

/** Each index, those that SQLite makes among them, and its table; null where a table named dbstat would say what it likes. */
export type IndexOwners = readonly (readonly [index: string, table: string])[] | null;

export function headOf({ tables, programs, digests }: Outline, rows: readonly CatalogRow[]): CatalogHead {
  return {
    tables: tables.map(({ name, columns, indexes, hasRowid, timestamp }) => ({
      name,
      columns,
      indexes,
      hasRowid,
      timestamp,
    })),
    programs,
    fingerprint: fingerprintFrom(digests),
    owners: indexOwners(rows),
  };
}

export function indexOwners(rows: readonly CatalogRow[]): IndexOwners {
  if (rows.some(({ name }) => DBSTAT.test(name))) return null;
  return rows.filter(({ type }) => type === "index").map(({ name, table }) => [name, table]);
}

const DBSTAT = /^dbstat$/i;
