import { foldName, identifier } from "../sql/identifier.ts";
import type { Table } from "./types.ts";

/** A column that tells when a row was written. */
export interface TimestampColumn {
  readonly name: string;
  /** Whether an index finds its greatest value without reading the table. */
  readonly isIndexed: boolean;
}

const WHEN = "(?:_?(?:at|on|date|time|timestamp))?";
/** The first that matches wins: a change is newer than a creation. */
const NAMES = [`(?:updated|modified|changed)${WHEN}`, `(?:created|inserted|added)${WHEN}`, "timestamp"];

/** The column of a table that tells when its newest row was written, by its name (`updated_at`, `createdAt`, …); null without one. */
export function timestampColumn({ columns, indexes }: Table): TimestampColumn | null {
  for (const pattern of NAMES) {
    const column = columns.find(({ name }) => new RegExp(`^${pattern}$`, "i").test(name));
    if (!column) continue;
    const terms = [identifier(column.name), `${identifier(column.name)} DESC`].map(foldName);
    const isIndexed = indexes.some(
      ({ where, terms: [first] }) => where === null && first !== undefined && terms.includes(foldName(first)),
    );
    return { name: column.name, isIndexed };
  }
  return null;
}

const EARLIEST = Date.UTC(1990, 0);
const LATEST = Date.UTC(2100, 0);

/** Reads a time as programs store it: unix seconds or milliseconds, ISO 8601, or SQLite's CURRENT_TIMESTAMP. Null for anything else. */
export function timeFromValue(value: unknown): Date | null {
  const time =
    typeof value === "number"
      ? new Date(value < LATEST / 1000 ? value * 1000 : value)
      : typeof value === "string"
        ? timeFromText(value)
        : null;
  return time !== null && time.getTime() >= EARLIEST && time.getTime() < LATEST ? time : null;
}

/** Text without a zone is UTC, as SQLite writes it. */
function timeFromText(text: string): Date | null {
  const [, day, clock, zone] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*(Z|[+-]\d\d:?\d\d)?)?$/i.exec(text.trim()) ??
    [];
  return day === undefined ? null : new Date(`${day}T${clock ?? "00:00"}${zone ?? "Z"}`);
}
