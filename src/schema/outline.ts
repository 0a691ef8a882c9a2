import { hash } from "node:crypto";
import { foldName } from "../sql/identifier.ts";
import { digestsOf } from "./fingerprint.ts";
import { tableNormalizer } from "./normalize.ts";
import { timestampColumn, type TimestampColumn } from "./timestamp-column.ts";
import type { Schema, Table } from "./types.ts";

/** What of a table must be known to count its rows and to show it. */
export interface TableOutline {
  readonly name: string;
  readonly columns: number;
  readonly indexes: number;
  /** Whether `rowid` is its rowid: a column may take that name, and a table may have none. */
  readonly hasRowid: boolean;
  readonly timestamp: TimestampColumn | null;
  /** What a table can lose, each in a few characters: columns and indexes by name, UNIQUE, CHECK and foreign keys by what they mean. */
  readonly parts: readonly string[];
}

/** What of a schema must be known where it is not compared with another one. */
export interface Outline {
  readonly tables: readonly TableOutline[];
  /** Names of the virtual tables, views and triggers. */
  readonly programs: readonly string[];
  /** Of what each of them means, the tables first; the fingerprint is made of these. */
  readonly digests: readonly string[];
}

/** `others` are tables besides, from which a foreign key may take its columns. */
export function outlineOf(schema: Schema, others: readonly Table[] = []): Outline {
  const { tables, virtualTables, views, triggers } = schema;
  const normalizeTable = tableNormalizer([...others, ...tables]);
  return {
    tables: tables.map((table) => ({ ...outlineOfTable(table), parts: partsOf(normalizeTable(table)) })),
    programs: [...virtualTables, ...views, ...triggers].map(({ name }) => name),
    digests: digestsOf(schema, others),
  };
}

function outlineOfTable(table: Table): Omit<TableOutline, "parts"> {
  const { name, columns, indexes } = table;
  return {
    name,
    columns: columns.length,
    indexes: indexes.length,
    hasRowid: hasPlainRowid(table),
    timestamp: timestampColumn(table),
  };
}

function partsOf({ columns, indexes, uniques, checks, foreignKeys }: Table): string[] {
  const named = indexes.filter(({ name }) => name !== "");
  const nameless = [...indexes.filter(({ name }) => name === ""), ...uniques, ...checks, ...foreignKeys];
  return [
    ...columns.map(({ name }) => `column ${name}`),
    ...named.map(({ name }) => `index ${name}`),
    ...nameless.map((part) => shortHash(JSON.stringify(part))),
  ];
}

function shortHash(text: string): string {
  return hash("sha256", text, "base64url").slice(0, 12);
}

function hasPlainRowid({ options, columns }: Table): boolean {
  return !options.includes("WITHOUT ROWID") && columns.every(({ name }) => foldName(name) !== "rowid");
}

/** The outline of a schema whose parts have these. */
export function joinedOutline(parts: readonly Outline[]): Outline {
  return {
    tables: parts.flatMap(({ tables }) => tables),
    programs: parts.flatMap(({ programs }) => programs),
    digests: [
      ...parts.flatMap(({ tables, digests }) => digests.slice(0, tables.length)),
      ...parts.flatMap(({ tables, digests }) => digests.slice(tables.length)),
    ],
  };
}
