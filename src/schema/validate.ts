import { CleanSlateError } from "../errors.ts";
import { foldName, identifier, nameFault } from "../sql/identifier.ts";
import type { Schema, Table } from "./types.ts";
import { namedByHand, namedObjects, validateNames, type WrittenName } from "./validate-names.ts";

/**
 * Refuses by name what SQLite would refuse, confuse or reserve. `fileOf` gives the file an object was read from, `written` are
 * the names of hand-written objects.
 */
export function validateSchema(
  schema: Schema,
  fileOf: (object: object) => string,
  written: readonly WrittenName[] = [],
): void {
  for (const table of schema.tables) {
    const file = fileOf(table);
    validateTable(table, (message, hint) => {
      throw new CleanSlateError(
        "MODELS_INVALID",
        file ? `${file}: ${message}` : message,
        hint ? { hint } : {},
      );
    });
  }
  validateNames([...namedObjects(schema, fileOf), ...written.map(namedByHand)]);
}

function validateTable(table: Table, fail: (message: string, hint?: string) => never): void {
  if (table.columns.length === 0) fail(`table "${table.name}" has no columns`, "SQLite needs at least one");
  const names = new Set<string>();
  for (const { name } of table.columns) {
    const fault = nameFault(name);
    if (fault)
      fail(`table "${table.name}" has a column whose name ${fault}: ${JSON.stringify(name)}`, "rename it");
    const folded = foldName(name);
    if (names.has(folded))
      fail(`table "${table.name}" has two columns named "${name}"`, "rename one of them");
    names.add(folded);
  }
  if (table.columns.every((column) => column.generated)) {
    fail(`table "${table.name}" has only generated columns`, "SQLite needs at least one that is not");
  }
  for (const { terms, name } of table.indexes) {
    if (terms.length === 0)
      fail(`index "${name}" of table "${table.name}" has no columns`, "name them: .on(table.column)");
  }
  validatePrimaryKey(table, fail);
}

function validatePrimaryKey(table: Table, fail: (message: string, hint?: string) => never): void {
  const key = table.primaryKey;
  const generated = table.columns.find(
    (column) => column.generated && key?.terms.includes(identifier(column.name)),
  );
  if (generated)
    fail(
      `column "${generated.name}" of table "${table.name}" is generated and in the primary key`,
      "SQLite allows one of the two",
    );
  if (!key?.autoincrement) return;
  if (key.terms.length > 1) {
    fail(
      `table "${table.name}" has an autoincrement column in a composite primary key`,
      "autoincrement needs a key of one column",
    );
  }
  const column = table.columns.find(({ name }) => key.terms[0] === identifier(name));
  if (column && column.type.toUpperCase() !== "INTEGER") {
    fail(
      `column "${column.name}" of table "${table.name}" is ${column.type} and autoincrement`,
      "SQLite allows AUTOINCREMENT on an INTEGER PRIMARY KEY only",
    );
  }
}
