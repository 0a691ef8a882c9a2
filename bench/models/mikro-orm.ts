import { arraySource, objectSource, source, type Properties } from "./literal.ts";
import { camelCase, pascalCase } from "./names.ts";
import { createStatements, defaultSql, STORED, uniqueName } from "./sql.ts";
import type { Column, ForeignKey, Index, Table } from "./types.ts";

/** The models as MikroORM's EntitySchema: one CommonJS module that exports `entities`. */
export function mikroOrmModule(tables: readonly Table[]): string {
  const entities = tables.map((table) => `  new EntitySchema(${entityOf(table)}),\n`);
  return `const { EntitySchema } = require("@mikro-orm/core");\nexports.entities = [\n${entities.join("")}];\n`;
}

function entityOf(table: Table): string {
  const ofConstraint = ({ name, columns }: Omit<Index, "where">) =>
    objectSource({
      name: source(name),
      properties: source(columns.map((column) => propertyName(table, column))),
    });
  return objectSource({
    name: source(pascalCase(table.name)),
    tableName: source(table.name),
    properties: objectSource(propertiesOf(table)),
    uniques: arraySource(table.uniques.map(ofConstraint)),
    indexes: arraySource(
      table.indexes.map((index) => (index.where === null ? ofConstraint(index) : partialIndex(table, index))),
    ),
    checks: arraySource(
      table.checks.map(({ name, column, condition }) =>
        objectSource({ name: source(name), expression: source(`${column} ${condition}`) }),
      ),
    ),
  });
}

/** EntitySchema says a partial index as its whole statement only. */
function partialIndex(table: Table, { name }: Index): string {
  const statement = createStatements([table]).find((sql) => sql.startsWith(`CREATE INDEX "${name}"`));
  return objectSource({ name: source(name), expression: source(statement) });
}

function propertiesOf(table: Table): Properties {
  const composite = table.foreignKeys.filter(({ columns }) => columns.length > 1);
  const covered = new Set(composite.flatMap(({ columns }) => columns));
  const own = table.columns.filter(({ name }) => !covered.has(name));
  return Object.fromEntries([
    ...own.map((column) => [propertyName(table, column.name), propertyOf(table, column)]),
    ...composite.map((foreignKey, number) => [`composite${number}`, compositeOf(foreignKey)]),
  ]) as Properties;
}

/** What refers is an entity to MikroORM, not a value. */
function propertyName(table: Table, column: string): string {
  const isReference = table.foreignKeys.some(({ columns }) => columns.includes(column));
  return isReference ? `${camelCase(column)}Ref` : camelCase(column);
}

function propertyOf(table: Table, column: Column): string {
  const { name, isNotNull } = column;
  const reference = table.foreignKeys.find(({ columns }) => columns.includes(name));
  return objectSource({
    fieldName: source(name),
    primary: column.key !== null || table.primaryKey.includes(name) ? "true" : undefined,
    nullable: isNotNull ? undefined : "true",
    ...(reference ? relationOf(reference) : valueOf(table, column)),
  });
}

function valueOf(table: Table, column: Column): Properties {
  const { kind, key, isUnique, default: value } = column;
  return {
    type: source(STORED[kind]),
    columnType: source(STORED[kind]),
    autoincrement: key === "autoincrement" || key === "rowid" ? String(key === "autoincrement") : undefined,
    unique: isUnique ? source(uniqueName(table, column)) : undefined,
    defaultRaw: value === null ? undefined : source(defaultSql(value)),
  };
}

function relationOf({ table, onDelete, onUpdate }: ForeignKey): Properties {
  return {
    kind: source("m:1"),
    entity: source(pascalCase(table)),
    deleteRule: source(onDelete),
    updateRule: source(onUpdate),
    index: "false",
  };
}

function compositeOf(foreignKey: ForeignKey): string {
  return objectSource({
    ...relationOf(foreignKey),
    joinColumns: source(foreignKey.columns),
    referencedColumnNames: source(foreignKey.refColumns),
    nullable: "true",
  });
}
