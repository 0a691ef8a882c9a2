import { identifier } from "../../src/sql/identifier.ts";
import type { Column, Table } from "./types.ts";

/** One INSERT a table; together so many rows, which break no foreign key, no check and no unique. */
export function insertStatements(tables: readonly Table[], rows: number): string[] {
  const each = Math.max(2, Math.round(rows / tables.length));
  return tables.map((table) => {
    const columns = table.columns.map(({ name }) => identifier(name)).join(", ");
    const values = table.columns.map((column) => valueOf({ table, column, each }));
    return `INSERT INTO ${identifier(table.name)} (${columns})
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${each}) SELECT ${values.join(", ")} FROM n`;
  });
}

interface Place {
  readonly table: Table;
  readonly column: Column;
  readonly each: number;
}

function valueOf({ table, column, each }: Place): string {
  const other = `(i * 7) % ${each} + 1`;
  const key = (number: string) => (column.kind === "text" ? `'key ' || (${number})` : number);
  if (column.key !== null) return key("i");
  const reference = table.foreignKeys.find(({ columns }) => columns.includes(column.name));
  // The two columns of a join table's key, and those of a reference to it: (i, other).
  if (table.primaryKey.length > 0 && reference) return key(table.primaryKey[0] === column.name ? "i" : other);
  if (reference)
    return key(reference.columns.length > 1 && reference.columns[0] === column.name ? "i" : other);
  return plainValue(column);
}

function plainValue({ name, kind, values }: Column): string {
  switch (kind) {
    case "text":
      return `'${name} of row ' || i`;
    case "enum":
      return `CASE i % ${values.length} ${values.map((value, at) => `WHEN ${at} THEN '${value}'`).join(" ")} END`;
    case "json":
      return `'{"row":' || i || '}'`;
    case "boolean":
      return "i % 2";
    case "real":
    case "numeric":
      return "i * 0.5";
    case "timestamp":
      return "1700000000 + i";
    case "timestamp_ms":
      return "1700000000000 + i";
    case "blob":
      return `CAST('bytes of row ' || i AS blob)`;
    case "integer":
      return "i % 97";
  }
}
