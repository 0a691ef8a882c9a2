import { identifier } from "../../src/sql/identifier.ts";
import type { Column, ColumnKind, Default, ForeignKey, Table } from "./types.ts";

/** The type each kind is stored as. */
export const STORED: Readonly<Record<ColumnKind, "text" | "integer" | "real" | "numeric" | "blob">> = {
  text: "text",
  enum: "text",
  json: "text",
  integer: "integer",
  boolean: "integer",
  timestamp: "integer",
  timestamp_ms: "integer",
  real: "real",
  numeric: "numeric",
  blob: "blob",
};

/** Every CREATE statement of the models, a table's own indexes after it. */
export function createStatements(tables: readonly Table[]): string[] {
  return tables.flatMap((table) => [createTable(table), ...createIndexes(table)]);
}

/** A default as SQL says it. */
export function defaultSql(value: Default): string {
  if (value.kind === "sql") return value.sql;
  const literal = value.value;
  if (typeof literal === "number") return String(literal);
  if (typeof literal === "boolean") return literal ? "1" : "0";
  const text = typeof literal === "string" ? literal : JSON.stringify(literal);
  return `'${text.replaceAll("'", "''")}'`;
}

/** What a column's UNIQUE is called. */
export function uniqueName(table: Table, column: Column): string {
  return `${table.name}_${column.name}_unique`;
}

function createTable({ name, columns, primaryKey, foreignKeys, checks }: Table): string {
  const lines = [
    ...columns.map(columnSql),
    ...(primaryKey.length > 0 ? [`PRIMARY KEY (${list(primaryKey)})`] : []),
    ...foreignKeys.map(foreignKeySql),
    ...checks.map(
      (check) =>
        `CONSTRAINT ${identifier(check.name)} CHECK (${identifier(check.column)} ${check.condition})`,
    ),
  ];
  return `CREATE TABLE ${identifier(name)} (\n  ${lines.join(",\n  ")}\n)`;
}

function columnSql({ name, kind, key, isNotNull, default: value }: Column): string {
  const parts = [identifier(name), STORED[kind]];
  if (key !== null) parts.push("PRIMARY KEY");
  if (key === "autoincrement") parts.push("AUTOINCREMENT");
  if (isNotNull) parts.push("NOT NULL");
  if (value !== null) parts.push(`DEFAULT ${defaultSql(value)}`);
  return parts.join(" ");
}

function foreignKeySql({ columns, table, refColumns, onDelete, onUpdate }: ForeignKey): string {
  const target = `${identifier(table)} (${list(refColumns)})`;
  const action = (event: string, name: string) =>
    name === "no action" ? "" : ` ON ${event} ${name.toUpperCase()}`;
  return `FOREIGN KEY (${list(columns)}) REFERENCES ${target}${action("UPDATE", onUpdate)}${action("DELETE", onDelete)}`;
}

function createIndexes(table: Table): string[] {
  const on = (columns: readonly string[]) => `ON ${identifier(table.name)} (${list(columns)})`;
  const unique = (name: string, columns: readonly string[]) =>
    `CREATE UNIQUE INDEX ${identifier(name)} ${on(columns)}`;
  return [
    ...table.columns
      .filter(({ isUnique }) => isUnique)
      .map((column) => unique(uniqueName(table, column), [column.name])),
    ...table.uniques.map(({ name, columns }) => unique(name, columns)),
    ...table.indexes.map(({ name, columns, where }) => {
      const condition = where === null ? "" : ` WHERE ${identifier(where)} = 1`;
      return `CREATE INDEX ${identifier(name)} ${on(columns)}${condition}`;
    }),
  ];
}

function list(columns: readonly string[]): string {
  return columns.map(identifier).join(", ");
}
