import { CleanSlateError } from "../errors.ts";
import { foldName, identifier } from "../sql/identifier.ts";
import type { Schema, Table, View } from "./types.ts";

/** The bookkeeping table of a rebuild; it belongs to no schema. */
export const BOOKKEEPING_TABLE = "_clean_slate";

interface Named {
  readonly kind: string;
  readonly name: string;
  readonly owner: Table | View;
}

/**
 * Refuses by name what SQLite would refuse, confuse or reserve. `fileOf` gives the file a table or view was read from.
 * Tables, views and indexes share one namespace in which ASCII case does not count.
 */
export function validateSchema(schema: Schema, fileOf: (object: Table | View) => string): void {
  const fail = (owner: Table | View, message: string, hint?: string): never => {
    const file = fileOf(owner);
    throw new CleanSlateError("MODELS_INVALID", file ? `${file}: ${message}` : message, hint ? { hint } : {});
  };
  for (const table of schema.tables) validateTable(table, (message, hint) => fail(table, message, hint));
  const taken = new Map<string, Named>();
  for (const named of namedObjects(schema)) {
    const { kind, name, owner } = named;
    const reserved = reservedReason(name);
    if (reserved) fail(owner, `the ${kind} name "${name}" ${reserved}`, `rename the ${kind}`);
    const other = taken.get(foldName(name));
    if (other) {
      const of = kind === "index" ? ` of table "${owner.name}"` : "";
      fail(
        owner,
        `the ${kind} name "${name}"${of} is taken: ${other.kind} "${other.name}"${whereIs(other, fileOf)}`,
        "rename one of the two",
      );
    }
    taken.set(foldName(name), named);
  }
}

function namedObjects(schema: Schema): Named[] {
  return [
    ...schema.tables.map((table) => ({ kind: "table", name: table.name, owner: table })),
    ...schema.views.map((view) => ({ kind: "view", name: view.name, owner: view })),
    ...schema.tables.flatMap((table) =>
      table.indexes.map((index) => ({ kind: "index", name: index.name, owner: table })),
    ),
  ];
}

function whereIs(named: Named, fileOf: (object: Table | View) => string): string {
  const file = fileOf(named.owner);
  const owner = named.kind === "index" ? ` of table "${named.owner.name}"` : "";
  return `${owner}${file ? ` in ${file}` : ""}`;
}

function reservedReason(name: string): string | null {
  const folded = foldName(name);
  if (folded === BOOKKEEPING_TABLE) return "is Clean Slate's own bookkeeping table";
  if (folded.includes("\0")) return "holds a NUL character";
  const prefix = ["sqlite_", "libsql_", "_litestream", "_cf_"].find((start) => folded.startsWith(start));
  return prefix ? `starts with "${prefix}", which belongs to the database engine or its platform` : null;
}

function validateTable(table: Table, fail: (message: string, hint?: string) => never): void {
  if (table.columns.length === 0) fail(`table "${table.name}" has no columns`, "SQLite needs at least one");
  const names = new Set<string>();
  for (const { name } of table.columns) {
    if (name.includes("\0"))
      fail(
        `table "${table.name}" has a column whose name holds a NUL character: ${JSON.stringify(name)}`,
        "rename it",
      );
    if (names.has(foldName(name)))
      fail(`table "${table.name}" has two columns named "${name}"`, "rename one of them");
    names.add(foldName(name));
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
