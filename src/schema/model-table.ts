import type { AnyColumn, SQL } from "drizzle-orm";
import type {
  ForeignKey as DrizzleForeignKey,
  Index as DrizzleIndex,
  SQLiteColumn,
  SQLiteTable,
} from "drizzle-orm/sqlite-core";
import { CleanSlateError } from "../errors.ts";
import { identifier } from "../sql/identifier.ts";
import { columnFromModel } from "./model-column.ts";
import type { DrizzleApi } from "./drizzle.ts";
import type { DrizzleRenderer } from "./renderer.ts";
import { attempt, type ModelContext } from "./model-context.ts";
import { withExtras } from "./model-extras.ts";
import type { ForeignKey, Index, PrimaryKey, Table } from "./types.ts";

type TableConfig = ReturnType<DrizzleApi["core"]["getTableConfig"]>;

/** Reads one Drizzle table. Throws an error that names the table and the column. */
export function tableFromModel(context: ModelContext, model: SQLiteTable): Table {
  const name = context.drizzle.orm.getTableName(model);
  const config = attempt(name, "its columns and constraints", () =>
    context.drizzle.core.getTableConfig(model),
  );
  const { renderer } = context;
  return withExtras(context, model, {
    name,
    columns: config.columns.map((column) => columnFromModel(context, name, column)),
    primaryKey: primaryKeyFromModel(renderer, name, config),
    uniques: [],
    foreignKeys: config.foreignKeys.map((key) => foreignKeyFromModel(context, name, key)),
    checks: config.checks.map((check) => ({
      name: check.name,
      expression: attempt(name, `check "${check.name}"`, () => renderer.expression(check.value)),
    })),
    indexes: [
      ...config.columns
        .filter((column) => column.isUnique)
        .map((column) => uniqueColumn(context, name, column)),
      ...config.uniqueConstraints.map((unique) => ({
        name: unique.getName() ?? uniqueName(name, unique.columns),
        unique: true,
        terms: unique.columns.map((column) => identifier(renderer.columnName(column))),
        where: null,
      })),
      ...config.indexes.map((index) => indexFromModel(context, name, index)),
    ],
    options: [],
  });
}

/** Drizzle writes the first table's name into a builder that two tables share, so a derived name is derived again here. */
function uniqueColumn({ renderer, tableNames }: ModelContext, table: string, column: SQLiteColumn): Index {
  const given = column.uniqueName ?? "";
  const end = `_${column.name}_unique`;
  const isDerived = given === "" || (given.endsWith(end) && tableNames.has(given.slice(0, -end.length)));
  return {
    name: isDerived ? uniqueName(table, [column]) : given,
    unique: true,
    terms: [identifier(renderer.columnName(column))],
    where: null,
  };
}

function uniqueName(table: string, columns: readonly AnyColumn[]): string {
  return `${table}_${columns.map((column) => column.name).join("_")}_unique`;
}

function indexFromModel({ drizzle, renderer }: ModelContext, table: string, { config }: DrizzleIndex): Index {
  const part = `index "${config.name}"`;
  const term = (column: SQLiteColumn | SQL): string =>
    drizzle.orm.is(column, drizzle.orm.SQL)
      ? renderer.expression(column)
      : identifier(renderer.columnName(column));
  const terms = attempt(table, part, () => (config.columns as (SQLiteColumn | SQL)[]).map(term));
  const derived = (): string =>
    `${table}_${config.columns.map((column) => ("name" in column ? column.name : "expr")).join("_")}_idx`;
  const { where } = config;
  return {
    name: config.name || derived(),
    unique: config.unique,
    terms,
    where: where ? attempt(table, part, () => renderer.expression(where)) : null,
  };
}

function primaryKeyFromModel(
  renderer: DrizzleRenderer,
  table: string,
  config: TableConfig,
): PrimaryKey | null {
  const inline = config.columns.filter((column) => column.primary);
  const keys = [...config.primaryKeys, ...inline.map((column) => ({ name: undefined, columns: [column] }))];
  const spelled = keys.map((key) => key.columns.map((column) => renderer.columnName(column)));
  const [chosen, ...others] = spelled;
  if (!chosen) return null;
  const isSame = (names: string[]): boolean => names.join("\0") === chosen.join("\0");
  const isPart = (names: string[], index: number): boolean =>
    index >= config.primaryKeys.length - 1 && names.every((name) => chosen.includes(name));
  const isClear =
    config.primaryKeys.length > 0 && others.every((names, index) => isSame(names) || isPart(names, index));
  if (others.length > 0 && !isClear) {
    const list = spelled.map((names) => `(${names.join(", ")})`).join(" and ");
    throw new CleanSlateError("MODELS_INVALID", `table "${table}" has conflicting primary keys: ${list}`, {
      hint: "keep one of them: primaryKey({ columns: [...] }) for several columns, .primaryKey() for one",
    });
  }
  const autoincrement = inline.some((column) => "autoIncrement" in column && column.autoIncrement === true);
  return { name: keys[0]?.name ?? null, terms: chosen.map(identifier), autoincrement, conflict: null };
}

function foreignKeyFromModel(context: ModelContext, table: string, key: DrizzleForeignKey): ForeignKey {
  const { renderer, drizzle, exported, tableNames } = context;
  const reference = attempt(table, "a foreign key", () => key.reference());
  const columns = reference.columns.map((column) => renderer.columnName(column));
  const { foreignTable } = reference;
  const foreignName = drizzle.orm.getTableName(foreignTable);
  if (!exported.has(foreignTable) && !tableNames.has(foreignName)) {
    throw new CleanSlateError(
      "MODELS_INVALID",
      `table "${table}" (${columns.join(", ")}) references "${foreignName}", which no model file exports`,
      { hint: `export the table "${foreignName}" from a file in the models folder` },
    );
  }
  return {
    name: reference.name ?? null,
    columns,
    foreignTable: foreignName,
    foreignColumns: reference.foreignColumns.map((column) => renderer.columnName(column)),
    onDelete: (key.onDelete ?? "no action").toUpperCase(),
    onUpdate: (key.onUpdate ?? "no action").toUpperCase(),
    deferrable: null,
  };
}
