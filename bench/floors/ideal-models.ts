import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { SQL } from "drizzle-orm";
import type { ForeignKey, SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";

type Drizzle = typeof import("drizzle-orm") & typeof import("drizzle-orm/sqlite-core");

interface Kept {
  readonly files: readonly string[];
  readonly hash: string;
  readonly statements: readonly string[];
}

const require = createRequire(import.meta.url);
const CACHE = "ideal-cache.json";

/** The CREATE statements of the models; when asked to, kept under the content of every file they are made of. */
export function idealStatements(entry: string, isCached: boolean): readonly string[] {
  const path = join(dirname(resolve(entry)), CACHE);
  const kept = isCached ? readKept(path) : null;
  if (kept) return kept.statements;
  const { code, files } = bundle(entry);
  const statements = statementsOf(code);
  if (isCached)
    writeFileSync(path, JSON.stringify({ files, hash: hashOf(files), statements } satisfies Kept));
  return statements;
}

function readKept(path: string): Kept | null {
  try {
    const kept = JSON.parse(readFileSync(path, "utf8")) as Kept;
    return hashOf(kept.files) === kept.hash ? kept : null;
  } catch {
    return null;
  }
}

function hashOf(files: readonly string[]): string {
  const hash = createHash("sha1");
  for (const file of files) hash.update(file).update("\0").update(readFileSync(file));
  return hash.digest("hex");
}

function bundle(entry: string): { readonly code: string; readonly files: string[] } {
  const { buildSync } = require("esbuild") as typeof import("esbuild");
  const { outputFiles, metafile } = buildSync({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    format: "cjs",
    platform: "node",
    target: "node20",
    packages: "external",
  });
  return {
    code: outputFiles[0]?.text ?? "",
    files: Object.keys(metafile.inputs).map((file) => resolve(file)),
  };
}

/** drizzle-orm comes as one bundle, which stands next to this program once it is compiled. */
function statementsOf(code: string): string[] {
  const drizzle = require(fileURLToPath(new URL("drizzle-core.cjs", import.meta.url))) as Drizzle;
  const module = { exports: {} as Record<string, unknown> };
  const load = (name: string): unknown => (name.startsWith("drizzle-orm") ? drizzle : require(name));
  // eslint-disable-next-line typescript/no-implied-eval -- what a module loader does, and nothing besides
  new Function("exports", "require", "module", code)(module.exports, load, module);
  const tables = Object.values(module.exports).filter((value) => drizzle.is(value, drizzle.SQLiteTable));
  return tables.flatMap((table) => tableStatements(drizzle, table));
}

function tableStatements(drizzle: Drizzle, table: SQLiteTable): string[] {
  const { name, columns, primaryKeys, foreignKeys, checks, indexes, uniqueConstraints } =
    drizzle.getTableConfig(table);
  const dialect = new drizzle.SQLiteSyncDialect();
  const written = (sql: SQL) => dialect.sqlToQuery(sql.inlineParams()).sql;
  const lines = [
    ...columns.map((column) => columnLine(drizzle, written, column)),
    ...primaryKeys.map((key) => `PRIMARY KEY (${list(key.columns)})`),
    ...foreignKeys.map((key) => foreignKeyLine(drizzle, key)),
    ...checks.map((check) => `CONSTRAINT ${quote(check.name)} CHECK (${written(check.value)})`),
  ];
  const unique = (index: string, of: string) =>
    `CREATE UNIQUE INDEX ${quote(index)} ON ${quote(name)} (${of})`;
  return [
    `CREATE TABLE ${quote(name)} (\n  ${lines.join(",\n  ")}\n)`,
    ...columns
      .filter(({ isUnique }) => isUnique)
      .map((column) => unique(column.uniqueName ?? column.name, quote(column.name))),
    ...uniqueConstraints.map((constraint) => unique(constraint.getName() ?? "", list(constraint.columns))),
    ...indexes.map(({ config }) => {
      const of = list(config.columns as SQLiteColumn[]);
      const where = config.where ? ` WHERE ${written(config.where)}` : "";
      return `CREATE INDEX ${quote(config.name)} ON ${quote(name)} (${of})${where}`;
    }),
  ];
}

function columnLine(drizzle: Drizzle, written: (sql: SQL) => string, column: SQLiteColumn): string {
  const isCounted = "autoIncrement" in column && column.autoIncrement === true;
  const parts = [quote(column.name), column.getSQLType()];
  if (column.primary) parts.push("PRIMARY KEY");
  if (isCounted) parts.push("AUTOINCREMENT");
  if (column.notNull) parts.push("NOT NULL");
  const value: unknown = column.default;
  if (value !== undefined)
    parts.push(`DEFAULT ${drizzle.is(value, drizzle.SQL) ? written(value) : literal(column, value)}`);
  return parts.join(" ");
}

function literal(column: SQLiteColumn, value: unknown): string {
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean") return value ? "1" : "0";
  const text = typeof value === "string" ? value : String(column.mapToDriverValue(value));
  return `'${text.replaceAll("'", "''")}'`;
}

function foreignKeyLine(drizzle: Drizzle, key: ForeignKey): string {
  const { columns, foreignTable, foreignColumns } = key.reference();
  const target = `${quote(drizzle.getTableName(foreignTable))} (${list(foreignColumns)})`;
  const onDelete = key.onDelete ? ` ON DELETE ${key.onDelete}` : "";
  const onUpdate = key.onUpdate ? ` ON UPDATE ${key.onUpdate}` : "";
  return `FOREIGN KEY (${list(columns)}) REFERENCES ${target}${onDelete}${onUpdate}`;
}

function list(columns: readonly { readonly name: string }[]): string {
  return columns.map(({ name }) => quote(name)).join(", ");
}

/** Quotes a name. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
