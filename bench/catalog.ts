import { createClient as createFileClient } from "@libsql/client/sqlite3";
import { createClient as createServerClient } from "@libsql/client/http";
import { groupBy } from "./group.ts";
import type { ForeignKey, Table } from "./models/types.ts";

/** What a database is made of: one line for each table, column, index, foreign key and check. */
export type Catalog = readonly string[];

type Row = Readonly<Record<string, unknown>>;

/** Bookkeeping of the contestants and of the platform, no table of the models. */
const OURS = `m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND m.name NOT LIKE 'libsql\\_%' ESCAPE '\\'
  AND m.name NOT IN ('_clean_slate', '__drizzle_migrations')`;
/** Constant in number however many tables there are. */
const QUERIES = {
  tables: `SELECT m.name AS "table", m.sql FROM sqlite_schema m WHERE ${OURS}`,
  columns: `SELECT m.name AS "table", c.name, c."notnull" AS isNotNull, c.pk
    FROM sqlite_schema m, pragma_table_info(m.name) c WHERE ${OURS}`,
  indexes: `SELECT m.name AS "table", l."unique" AS isUnique, l.partial AS isPartial, l.name,
      (SELECT group_concat(i.name) FROM pragma_index_info(l.name) i) AS columns
    FROM sqlite_schema m, pragma_index_list(m.name) l WHERE ${OURS} AND l.origin <> 'pk'`,
  foreignKeys: `SELECT m.name AS "table", f.id, f."table" AS target, f."from", f."to", f.on_delete, f.on_update
    FROM sqlite_schema m, pragma_foreign_key_list(m.name) f WHERE ${OURS} ORDER BY m.name, f.id, f.seq`,
} as const;

/** What a database has that was made of these models. */
export function expectedCatalog(tables: readonly Table[]): Catalog {
  return tables.flatMap((table) => [
    `table ${table.name}`,
    ...table.columns.map(({ name, key, isNotNull }) =>
      columnLine(table.name, { name, isKey: key !== null || table.primaryKey.includes(name), isNotNull }),
    ),
    ...table.columns
      .filter(({ isUnique }) => isUnique)
      .map(({ name }) => indexLine(table.name, { columns: name, isUnique: true, isPartial: false })),
    ...table.uniques.map(({ columns }) =>
      indexLine(table.name, { columns: columns.join(), isUnique: true, isPartial: false }),
    ),
    ...table.indexes.map(({ columns, where }) =>
      indexLine(table.name, { columns: columns.join(), isUnique: false, isPartial: where !== null }),
    ),
    ...table.foreignKeys.map((foreignKey) => foreignKeyLine(table.name, foreignKey)),
    ...table.checks.map(() => `check of ${table.name}`),
  ]);
}

/** Reads what a database file has. */
export async function readFile(path: string): Promise<Catalog> {
  const client = createFileClient({ url: `file:${path}` });
  try {
    return await readCatalog(async (sql) => (await client.execute(sql)).rows);
  } finally {
    client.close();
  }
}

/** Reads what a libSQL server's database has. */
export async function readServer(url: string): Promise<Catalog> {
  const client = createServerClient({ url });
  try {
    return await readCatalog(async (sql) => (await client.execute(sql)).rows);
  } finally {
    client.close();
  }
}

/** Reads what a script of CREATE statements makes. Throws when it does not run. */
export async function readScript(sql: string): Promise<Catalog> {
  const client = createFileClient({ url: ":memory:" });
  try {
    await client.executeMultiple(`BEGIN;${sql}\n;COMMIT`);
    return await readCatalog(async (query) => (await client.execute(query)).rows);
  } finally {
    client.close();
  }
}

async function readCatalog(query: (sql: string) => Promise<readonly Row[]>): Promise<Catalog> {
  const [tables, columns, indexes, foreignKeys] = [
    await query(QUERIES.tables),
    await query(QUERIES.columns),
    await query(QUERIES.indexes),
    await query(QUERIES.foreignKeys),
  ];
  return [
    ...tables.flatMap((row) => [`table ${text(row, "table")}`, ...checkLines(row)]),
    ...columns.map((row) =>
      columnLine(text(row, "table"), {
        name: text(row, "name"),
        isKey: row["pk"] !== 0,
        isNotNull: row["isNotNull"] === 1,
      }),
    ),
    ...indexes.map((row) =>
      indexLine(text(row, "table"), {
        columns: text(row, "columns"),
        isUnique: row["isUnique"] === 1,
        isPartial: row["isPartial"] === 1,
      }),
    ),
    ...foreignKeyLines(foreignKeys),
  ];
}

const text = (row: Row, name: string): string => String(row[name]);

/** SQLite has no pragma for checks. None of our names, values or defaults holds the word. */
function checkLines(row: Row): string[] {
  const found = text(row, "sql").match(/\bcheck\s*\(/gi) ?? [];
  return found.map(() => `check of ${text(row, "table")}`);
}

/** A key column is told NOT NULL by some dialects and not by others; it can be NULL in none of ours. */
function columnLine(
  table: string,
  column: { readonly name: string; readonly isKey: boolean; readonly isNotNull: boolean },
): string {
  const kind = column.isKey ? " (key)" : column.isNotNull ? " (not null)" : "";
  return `column ${table}.${column.name}${kind}`;
}

function indexLine(
  table: string,
  index: { readonly columns: string; readonly isUnique: boolean; readonly isPartial: boolean },
): string {
  const kind = `${index.isPartial ? "partial " : ""}${index.isUnique ? "unique" : "index"}`;
  return `${kind} of ${table} (${index.columns})`;
}

function foreignKeyLine(owner: string, key: Omit<ForeignKey, "name">): string {
  const { columns, table, refColumns, onDelete, onUpdate } = key;
  return `foreign key of ${owner} (${columns.join()}) to ${table} (${refColumns.join()}), on delete ${onDelete}, on update ${onUpdate}`;
}

/** One row for each column of a foreign key. */
function foreignKeyLines(rows: readonly Row[]): string[] {
  const keys = groupBy(rows, (row) => `${text(row, "table")} ${text(row, "id")}`);
  return [...keys.values()].flatMap((parts) => {
    const [first] = parts;
    if (!first) return [];
    return foreignKeyLine(text(first, "table"), {
      columns: parts.map((row) => text(row, "from")),
      table: text(first, "target"),
      refColumns: parts.map((row) => text(row, "to")),
      onDelete: text(first, "on_delete").toLowerCase() as ForeignKey["onDelete"],
      onUpdate: text(first, "on_update").toLowerCase() as ForeignKey["onUpdate"],
    });
  });
}

/** What two catalogs differ in, in words; null when they are the same. */
export function differenceOf(expected: Catalog, found: Catalog): string | null {
  const counts = new Map<string, number>();
  for (const line of expected) counts.set(line, (counts.get(line) ?? 0) + 1);
  for (const line of found) counts.set(line, (counts.get(line) ?? 0) - 1);
  const linesWhere = (isWanted: (count: number) => boolean) =>
    [...counts].filter(([, count]) => isWanted(count)).map(([line]) => line);
  const parts = [
    ["missing", linesWhere((count) => count > 0)] as const,
    ["too much", linesWhere((count) => count < 0)] as const,
  ];
  const said = parts.filter(([, lines]) => lines.length > 0).map(([word, lines]) => sayLines(word, lines));
  return said.length === 0 ? null : said.join("; ");
}

/** Every kind with its number and one example: the whole list would be as long as the models. */
function sayLines(word: string, lines: readonly string[]): string {
  const kinds = groupBy(lines, (line) => line.replace(/ (of )?\S+\.?.*$/, ""));
  const said = [...kinds].map(([kind, some]) => `${some.length} × ${kind} (${some[0]})`);
  return `${word}: ${said.join(", ")}`;
}
