import { arraySource, objectSource, source } from "./literal.ts";
import { camelCase, pascalCase } from "./names.ts";
import { defaultSql, STORED, uniqueName } from "./sql.ts";
import type { Column, Table } from "./types.ts";

/** What Sequelize calls the stored types. */
const TYPES = { text: "TEXT", integer: "INTEGER", real: "REAL", numeric: "DECIMAL", blob: "BLOB" } as const;

/**
 * The models as Sequelize says them: one CommonJS module that exports `define(sequelize)`. It has no word for a check or for a
 * foreign key of two columns.
 */
export function sequelizeModule(tables: readonly Table[]): string {
  const defines = tables.map((table) => `  sequelize.define(${defineOf(table)});\n`);
  return `const { DataTypes, Sequelize } = require("sequelize");
exports.define = (sequelize) => {
${defines.join("")}};
`;
}

function defineOf(table: Table): string {
  const columns = table.columns.map((column) => [camelCase(column.name), columnOf(table, column)]);
  const indexes = [
    ...table.uniques.map(({ name, columns: fields }) =>
      objectSource({ name: source(name), unique: "true", fields: source(fields) }),
    ),
    ...table.indexes.map(({ name, columns: fields, where }) =>
      objectSource({
        name: source(name),
        fields: source(fields),
        where: where === null ? undefined : objectSource({ [where]: "1" }),
      }),
    ),
  ];
  const options = { tableName: source(table.name), timestamps: "false", indexes: arraySource(indexes) };
  const attributes = objectSource(Object.fromEntries(columns) as Record<string, string>);
  return `${source(pascalCase(table.name))}, ${attributes}, ${objectSource(options)}`;
}

function columnOf(table: Table, column: Column): string {
  const { name, kind, key, isNotNull, isUnique, default: value } = column;
  const reference = table.foreignKeys.find(({ columns }) => columns.length === 1 && columns[0] === name);
  return objectSource({
    type: `DataTypes.${TYPES[STORED[kind]]}`,
    field: source(name),
    primaryKey: key !== null || table.primaryKey.includes(name) ? "true" : undefined,
    autoIncrement: key === "autoincrement" ? "true" : undefined,
    allowNull: String(!isNotNull),
    unique: isUnique ? source(uniqueName(table, column)) : undefined,
    defaultValue: value === null ? undefined : `Sequelize.literal(${source(defaultSql(value))})`,
    references:
      reference && objectSource({ model: source(reference.table), key: source(reference.refColumns[0]) }),
    onDelete: reference && source(reference.onDelete.toUpperCase()),
    onUpdate: reference && source(reference.onUpdate.toUpperCase()),
  });
}
