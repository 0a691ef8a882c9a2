import type { TableContent } from "../database/inventory.ts";
import type { DroppedObject } from "../plan/drop.ts";
import type { Change } from "../schema/change.ts";
import type { Statement } from "../schema/create.ts";
import { diffReduced, type OutlinedCatalog } from "../schema/diff-catalogs.ts";
import { foldName } from "../sql/identifier.ts";

/** One object a rebuild takes away. */
export interface Loss extends DroppedObject {
  /** Null for what has no rows, or whose rows cannot be counted. */
  readonly rows: number | null;
  /** When the newest row was written, ISO 8601 in UTC; null where no column tells. */
  readonly newest: string | null;
  /** Of the table and its indexes; null where it was not measured. */
  readonly bytes: number | null;
  /** False when nothing of this kind and name comes back: the models do not contain it. */
  readonly isRecreated: boolean;
  /** What of a table that does come back the models do not contain: `column "note"`, `index "by_note"`, `CHECK (…)`. */
  readonly extras: readonly string[];
}

export interface LossOptions {
  readonly drops: readonly DroppedObject[];
  readonly contents: ReadonlyMap<string, TableContent>;
  readonly creates: readonly Statement[];
  readonly extras: Extras;
}

/** What tables that come back lose, by the table's folded name. */
export type Extras = ReadonlyMap<string, readonly string[]>;

export const NO_EXTRAS: Extras = new Map();

/** What a rebuild takes away, in the order it is dropped. */
export function lossesOf({ drops, contents, creates, extras }: LossOptions): Loss[] {
  const kept = new Set(creates.map(({ kind, name }) => `${kind} ${foldName(name)}`));
  return drops.map((object) => {
    const { kind, name } = object;
    const content = contents.get(name);
    return {
      ...object,
      rows: content?.rows ?? null,
      newest: content?.newest?.toISOString() ?? null,
      bytes: content?.bytes ?? null,
      isRecreated: kept.has(`${kind === "vector index" ? "index" : kind} ${foldName(name)}`),
      extras: kind === "table" ? (extras.get(foldName(name)) ?? []) : [],
    };
  });
}

/** Finds what of the tables in a database the ones it is to have do not contain. */
export function extrasBetween(from: OutlinedCatalog, to: OutlinedCatalog): Extras {
  const byTable = new Map<string, string[]>();
  for (const change of diffReduced(from, to)) {
    const extra = "table" in change ? extraOf(change) : null;
    if (extra === null || !("table" in change)) continue;
    const key = foldName(change.table);
    byTable.set(key, [...(byTable.get(key) ?? []), extra]);
  }
  return byTable;
}

function extraOf(change: Change): string | null {
  switch (change.kind) {
    case "column-removed":
      return `column "${change.column}"`;
    case "index-removed":
      return `index "${change.index}"`;
    case "unique-removed":
    case "check-removed":
    case "foreign-key-removed":
      return change.definition;
    default:
      return null;
  }
}

/** Rows lost, of what could be counted. */
export function rowsLost(losses: readonly Pick<Loss, "rows">[]): number {
  return losses.reduce((sum, { rows }) => sum + (rows ?? 0), 0);
}
