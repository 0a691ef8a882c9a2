import { arraySource, objectSource, source } from "./literal.ts";
import { camelCase, pascalCase } from "./names.ts";
import { defaultSql, STORED } from "./sql.ts";
import type { Column, ForeignKey, Table } from "./types.ts";

/** The models as TypeORM's EntitySchema: one CommonJS module that exports `entities`. */
export function typeOrmModule(tables: readonly Table[]): string {
  const entities = tables.map((table) => `  new EntitySchema(${entityOf(table)}),\n`);
  return `const { EntitySchema } = require("typeorm");\nexports.entities = [\n${entities.join("")}];\n`;
}

function entityOf(table: Table): string {
  const columns = table.columns.map((column) => [camelCase(column.name), columnOf(table, column)]);
  return objectSource({
    name: source(pascalCase(table.name)),
    tableName: source(table.name),
    columns: objectSource(Object.fromEntries(columns) as Record<string, string>),
    foreignKeys: arraySource(table.foreignKeys.map(foreignKeyOf)),
    uniques: arraySource(
      table.uniques.map(({ name, columns: of }) =>
        objectSource({ name: source(name), columns: source(of.map(camelCase)) }),
      ),
    ),
    indices: arraySource(
      table.indexes.map(({ name, columns: of, where }) =>
        objectSource({
          name: source(name),
          columns: source(of.map(camelCase)),
          where: where === null ? undefined : source(`"${where}" = 1`),
        }),
      ),
    ),
    checks: arraySource(
      table.checks.map(({ name, column, condition }) =>
        objectSource({ name: source(name), expression: source(`"${column}" ${condition}`) }),
      ),
    ),
  });
}

function columnOf({ primaryKey }: Table, column: Column): string {
  const { name, kind, key, isNotNull, isUnique, default: value } = column;
  return objectSource({
    name: source(name),
    type: source(STORED[kind]),
    primary: key !== null || primaryKey.includes(name) ? "true" : undefined,
    generated: key === "autoincrement" ? source("increment") : undefined,
    nullable: isNotNull ? undefined : "true",
    unique: isUnique ? "true" : undefined,
    default: value === null ? undefined : `() => ${source(defaultSql(value))}`,
  });
}

function foreignKeyOf({ columns, table, refColumns, onDelete, onUpdate }: ForeignKey): string {
  return objectSource({
    target: source(pascalCase(table)),
    columnNames: source(columns.map(camelCase)),
    referencedColumnNames: source(refColumns.map(camelCase)),
    onDelete: source(onDelete.toUpperCase()),
    onUpdate: source(onUpdate.toUpperCase()),
  });
}
