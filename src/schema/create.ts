import { identifier } from "../sql/identifier.ts";
import { orderBySql, orderTables } from "./order.ts";
import type { Column, ForeignKey, Index, PrimaryKey, Schema, Table, Unique } from "./types.ts";

/** One CREATE statement, without its semicolon. */
export interface Statement {
  readonly sql: string;
  readonly kind: "table" | "index" | "view" | "trigger" | "virtual table";
  readonly name: string;
  /** The table an index or trigger belongs to. */
  readonly table: string | null;
  /** What a reader should know before the statement; lines without `--`. */
  readonly comment: string | null;
  /** The `file:line` of a statement a person wrote. */
  readonly origin?: string;
}

/**
 * Says a schema in SQLite: tables in foreign-key order, each followed by its indexes, then virtual tables, then views in the
 * order they need each other, then triggers. What a person wrote besides (`written`) goes in where it works; indexes and
 * triggers stay in their order. The same schema gives the same bytes.
 */
export function createStatements(schema: Schema, written: readonly Statement[] = []): Statement[] {
  const byHand = (kind: Statement["kind"]): Statement[] =>
    written.filter((candidate) => candidate.kind === kind);
  const virtualTables = schema.virtualTables.map(({ name, sql }) => statement("virtual table", name, sql));
  const views = schema.views.map(({ name, sql }) => statement("view", name, sql));
  return [
    ...orderTables(schema.tables).flatMap(({ table, forward }) => [
      tableStatement(table, forward),
      ...table.indexes.map((index) => indexStatement(table, index)),
    ]),
    ...orderBySql(byHand("table")),
    ...byHand("index"),
    ...orderBySql([...virtualTables, ...byHand("virtual table")]),
    ...orderBySql([...views, ...byHand("view")]),
    ...schema.triggers.map(({ name, table, sql }) => ({ ...statement("trigger", name, sql), table })),
    ...byHand("trigger"),
  ];
}

function statement(kind: Statement["kind"], name: string, sql: string): Statement {
  return { kind, name, sql, table: null, comment: null };
}

function tableStatement(table: Table, forward: readonly string[]): Statement {
  const list = forward.map((name) => `"${name}"`).join(", ");
  const comment = list ? `a foreign-key cycle: references ${list}, created below` : null;
  const sql = createTable(table);
  return { kind: "table", name: table.name, sql, table: null, comment: comment && oneLine(comment) };
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n\u2028\u2029]+/g, " ");
}

/** The CREATE TABLE of a table, without its indexes. */
export function createTable(table: Table): string {
  const key = table.primaryKey;
  const inline = inlineKeyColumn(table);
  const lines = [
    ...table.columns.map((column) => columnDefinition(table, column, column === inline)),
    ...(key && !inline
      ? [`${constraint(key.name)}PRIMARY KEY (${key.terms.join(", ")})${conflict(key.conflict)}`]
      : []),
    ...table.uniques.map(uniqueClause),
    ...table.foreignKeys.map(foreignKeyClause),
    ...table.checks.map((check) => `${constraint(check.name)}CHECK (${check.expression})`),
  ];
  const options = table.options.length > 0 ? ` ${table.options.join(", ")}` : "";
  return `CREATE TABLE ${identifier(table.name)} (\n  ${lines.join(",\n  ")}\n)${options}`;
}

/**
 * The column that carries the key in its own definition: there alone `DESC` keeps an INTEGER key from being the rowid. A named
 * key stands below the columns where it can.
 */
function inlineKeyColumn({ primaryKey, columns }: Table): Column | undefined {
  if (primaryKey?.terms.length !== 1) return undefined;
  const [written] = primaryKey.terms;
  const term = written?.replace(/ DESC$/, "");
  if (primaryKey.name !== null && term === written && !primaryKey.autoincrement) return undefined;
  return columns.find((column) => identifier(column.name) === term);
}

function columnDefinition(table: Table, column: Column, isPrimaryKey: boolean): string {
  const key = isPrimaryKey ? table.primaryKey : null;
  const { type, generated } = column;
  let text = identifier(column.name);
  if (type !== "") text += ` ${type}`;
  if (key) text += ` ${inlineKey(key)}`;
  if (column.notNull) text += ` NOT NULL${conflict(column.notNullConflict)}`;
  if (column.default !== null) text += ` DEFAULT ${column.default}`;
  if (column.collate) text += ` COLLATE ${identifier(column.collate)}`;
  if (generated)
    text += ` GENERATED ALWAYS AS (${generated.expression}) ${generated.stored ? "STORED" : "VIRTUAL"}`;
  return text;
}

function inlineKey({ name, terms, conflict: action, autoincrement }: PrimaryKey): string {
  const order = terms[0]?.endsWith(" DESC") ? " DESC" : "";
  return `${constraint(name)}PRIMARY KEY${order}${conflict(action)}${autoincrement ? " AUTOINCREMENT" : ""}`;
}

function constraint(name: string | null): string {
  return name === null ? "" : `CONSTRAINT ${identifier(name)} `;
}

function conflict(action: string | null): string {
  return action === null ? "" : ` ON CONFLICT ${action}`;
}

function uniqueClause(unique: Unique): string {
  return `${constraint(unique.name)}UNIQUE (${unique.terms.join(", ")})${conflict(unique.conflict)}`;
}

function foreignKeyClause(key: ForeignKey): string {
  const names = (columns: readonly string[]): string => `(${columns.map(identifier).join(", ")})`;
  return [
    `${constraint(key.name)}FOREIGN KEY ${names(key.columns)}`,
    `REFERENCES ${identifier(key.foreignTable)}${key.foreignColumns.length > 0 ? ` ${names(key.foreignColumns)}` : ""}`,
    key.onUpdate !== "NO ACTION" && `ON UPDATE ${key.onUpdate}`,
    key.onDelete !== "NO ACTION" && `ON DELETE ${key.onDelete}`,
    key.deferrable,
  ]
    .filter(Boolean)
    .join(" ");
}

function indexStatement(table: Table, index: Index): Statement {
  const where = index.where === null ? "" : ` WHERE ${index.where}`;
  const create = index.unique ? "CREATE UNIQUE INDEX" : "CREATE INDEX";
  const sql = `${create} ${identifier(index.name)} ON ${identifier(table.name)} (${index.terms.join(", ")})${where}`;
  return { kind: "index", name: index.name, sql, table: table.name, comment: null };
}
