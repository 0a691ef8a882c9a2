import { CleanSlateError } from "../errors.ts";
import { foldName } from "../sql/identifier.ts";
import type { Schema, Table } from "./types.ts";

/** The names of each table's columns, by the table's folded name. */
export type ColumnNames = Readonly<Record<string, readonly string[]>>;

export function columnNames({ tables }: Schema): ColumnNames {
  return Object.fromEntries(tables.map((table) => [foldName(table.name), namesOf(table)]));
}

/**
 * Compares the columns SQLite made with those of the models: text from a model (a custom type that ends in a comment or holds a
 * comma) can swallow a column or add one, and execute. Throws MODELS_INVALID.
 */
export function refuseOtherColumns(models: Schema, made: ReadonlyMap<string, readonly string[]>): void {
  for (const table of models.tables) {
    const has = made.get(foldName(table.name)) ?? [];
    const { length } = table.columns;
    if (length === has.length && table.columns.every(({ name }, index) => name === has[index])) continue;
    const wanted = namesOf(table);
    const odd = wanted.find((name) => !has.includes(name)) ?? has.find((name) => !wanted.includes(name));
    const says = odd !== undefined && has.includes(odd) ? "gets a column no model has" : "loses the column";
    throw new CleanSlateError(
      "MODELS_INVALID",
      `table "${table.name}" ${says}, "${odd}", when its SQL is read`,
      {
        hint: "look for a comma or a comment in the custom types, checks and sql defaults of the table",
      },
    );
  }
}

function namesOf({ columns }: Table): string[] {
  return columns.map(({ name }) => name);
}
