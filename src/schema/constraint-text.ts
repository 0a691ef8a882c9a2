import type { Check, ForeignKey, Index, Table, Unique } from "./types.ts";
import { normalName } from "../sql/normal-form.ts";

/** A normalised primary key as a person reads it, null when the table has none. */
export function primaryKeyText({ primaryKey }: Table): string | null {
  if (primaryKey === null) return null;
  const autoincrement = primaryKey.autoincrement ? " AUTOINCREMENT" : "";
  return `PRIMARY KEY (${primaryKey.terms.join(", ")})${conflictText(primaryKey.conflict)}${autoincrement}`;
}

/** A normalised UNIQUE constraint as a person reads it. */
export function uniqueText({ terms, conflict }: Pick<Unique, "terms" | "conflict">): string {
  return `UNIQUE (${terms.join(", ")})${conflictText(conflict)}`;
}

/** A normalised foreign key as a person reads it. */
export function foreignKeyText(key: ForeignKey): string {
  const list = (names: readonly string[]): string => `(${names.map(normalName).join(", ")})`;
  const columns = key.foreignColumns.length === 0 ? "" : ` ${list(key.foreignColumns)}`;
  const onDelete = key.onDelete === "NO ACTION" ? "" : ` ON DELETE ${key.onDelete}`;
  const onUpdate = key.onUpdate === "NO ACTION" ? "" : ` ON UPDATE ${key.onUpdate}`;
  const deferrable = key.deferrable === null ? "" : ` ${key.deferrable}`;
  const parent = `${normalName(key.foreignTable)}${columns}`;
  return `FOREIGN KEY ${list(key.columns)} REFERENCES ${parent}${onDelete}${onUpdate}${deferrable}`;
}

/** A normalised CHECK as a person reads it. */
export function checkText({ expression }: Check): string {
  return `CHECK (${expression})`;
}

/** A normalised index as a person reads it, without its name. */
export function indexText({ unique, terms, where }: Index): string {
  return `${unique ? "UNIQUE " : ""}(${terms.join(", ")})${where === null ? "" : ` WHERE ${where}`}`;
}

/** The options of a table as a person reads them, null when there are none. */
export function optionsText({ options }: Table): string | null {
  return options.length === 0 ? null : options.join(", ");
}

function conflictText(conflict: string | null): string {
  return conflict === null ? "" : ` ON CONFLICT ${conflict}`;
}
