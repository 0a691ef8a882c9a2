import { CleanSlateError } from "../errors.ts";
import { foldName, nameFault } from "../sql/identifier.ts";
import { BOOKKEEPING_TABLE, enginePrefix } from "./engine-objects.ts";
import type { Schema, Table } from "./types.ts";

/** The name of an object that a person wrote in SQL; `origin` is its `file:line`. */
export interface WrittenName {
  readonly kind: string;
  readonly name: string;
  readonly table: string | null;
  readonly origin: string;
}

/** An object with its name and where it is said. */
export interface Named {
  readonly kind: string;
  readonly name: string;
  /** The table of an index or trigger. */
  readonly table: string | null;
  /** Empty when it is not known. */
  readonly where: string;
}

/**
 * Refuses names that are reserved or taken twice. Tables, views and indexes share one namespace in which ASCII case does not
 * count; triggers have their own. Throws MODELS_INVALID.
 */
export function validateNames(objects: readonly Named[]): void {
  const [objectNames, triggerNames] = [new Map<string, Named>(), new Map<string, Named>()];
  for (const named of objects) {
    const { kind, name, table } = named;
    const reserved = reservedReason(name);
    if (reserved) throw refusal(named, `the ${kind} name "${name}" ${reserved}`, `rename the ${kind}`);
    const taken = kind === "trigger" ? triggerNames : objectNames;
    const folded = foldName(name);
    const other = taken.get(folded);
    if (other) {
      const owner = kind === "index" ? ` of table "${table}"` : "";
      const message = `the ${kind} name "${name}"${owner} is taken: ${other.kind} "${other.name}"${whereIs(other)}`;
      throw refusal(named, message, "rename one of the two");
    }
    taken.set(folded, named);
  }
}

/** The objects of a schema that came from models, tables and views first: the later one of two is blamed. */
export function namedObjects(schema: Schema, fileOf: (object: object) => string): Named[] {
  const named = (kind: string, object: { readonly name: string }, table: Table | null = null): Named => ({
    kind,
    name: object.name,
    table: table?.name ?? null,
    where: fileOf(table ?? object),
  });
  return [
    ...schema.tables.map((table) => named("table", table)),
    ...schema.views.map((view) => named("view", view)),
    ...schema.tables.flatMap((table) => table.indexes.map((index) => named("index", index, table))),
    ...schema.virtualTables.map((table) => named("virtual table", table)),
    ...schema.triggers.map((trigger) => ({ ...named("trigger", trigger), table: trigger.table })),
  ];
}

export function namedByHand({ kind, name, table, origin }: WrittenName): Named {
  return { kind, name, table, where: origin };
}

function whereIs({ kind, table, where }: Named): string {
  const owner = kind === "index" ? ` of table "${table}"` : "";
  return `${owner}${where ? ` in ${where}` : ""}`;
}

function reservedReason(name: string): string | null {
  if (foldName(name) === BOOKKEEPING_TABLE) return "is Clean Slate's own bookkeeping table";
  const fault = nameFault(name);
  if (fault) return fault;
  const prefix = enginePrefix(name);
  return prefix ? `starts with "${prefix}", which belongs to the database engine or its platform` : null;
}

function refusal({ where }: Named, message: string, hint: string): CleanSlateError {
  return new CleanSlateError("MODELS_INVALID", where ? `${where}: ${message}` : message, { hint });
}
