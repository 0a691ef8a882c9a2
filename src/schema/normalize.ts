import { foldName } from "../sql/identifier.ts";
import { normalizeForeignKey } from "./normalize-foreign-key.ts";
import { normalizeTrigger, normalizeView, normalizeVirtualTable } from "./normalize-program.ts";
import { normalizeDefault, normalizeExpression, normalizeTerm, normalizeType } from "./normalize-text.ts";
import { columnOfTerm, rowidAliasOf } from "./rowid-alias.ts";
import type { Column, Index, PrimaryKey, Schema, Table, Unique } from "./types.ts";

/** The canonical form of a schema's views, triggers and virtual tables. */
export function normalizePrograms(schema: Schema): Omit<Schema, "tables"> {
  return {
    virtualTables: sortedBy(nameOf, schema.virtualTables.map(normalizeVirtualTable)),
    views: sortedBy(nameOf, schema.views.map(normalizeView)),
    triggers: sortedBy(nameOf, schema.triggers.map(normalizeTrigger)),
  };
}

/**
 * Gives a table of a schema its canonical form, in which a foreign key may take something from another one of `all`: two tables with
 * the same meaning become deeply equal, and equal as JSON. A canonical table is its own canonical form.
 *
 * SQL is in the token normal form, names are folded, everything but columns is sorted. Gone is what SQLite takes for
 * granted: ABORT, COLLATE BINARY, DEFAULT NULL, a COLLATE the column has anyway. The names of checks, foreign keys,
 * primary keys and UNIQUE constraints are left out, as they change nothing. A UNIQUE constraint and a unique index over
 * the same columns (without WHERE) do the same: both become a unique index with an empty name. Other indexes keep theirs.
 */
export function tableNormalizer(all: readonly Table[]): (table: Table) => Table {
  const tables = new Map(all.map((table) => [foldName(table.name), table]));
  return (table) => {
    const isAlone = table.foreignKeys.every(({ foreignColumns }) => foreignColumns.length > 0);
    const known = isAlone ? canonical.get(table) : undefined;
    if (known !== undefined) return known;
    const normal = normalizeTable(table, tables);
    if (isAlone) canonical.set(table, normal);
    return normal;
  };
}

/** Of tables that take nothing from another one: a schema is compared and fingerprinted. */
const canonical = new WeakMap<Table, Table>();

function normalizeTable(table: Table, tables: ReadonlyMap<string, Table>): Table {
  const collations = new Map(
    table.columns.map((column) => [foldName(column.name), foldName(column.collate ?? "BINARY")]),
  );
  const { primaryKey, uniques } = normalizeKeys(table, collations);
  return {
    name: foldName(table.name),
    columns: normalizeColumns(table),
    primaryKey,
    uniques: sorted(uniques.filter((unique) => unique.conflict !== null)),
    foreignKeys: sorted(table.foreignKeys.map((key) => normalizeForeignKey(key, tables))),
    checks: sorted(
      table.checks.map(({ expression }) => ({
        name: null,
        expression: normalizeExpression(expression, table.name),
      })),
    ),
    indexes: sorted([
      ...uniques.filter((unique) => unique.conflict === null).map(({ terms }) => namelessIndex(terms)),
      ...table.indexes.map((index) => normalizeIndex(table.name, index, collations)),
    ]),
    options: table.options.map((option) => option.toUpperCase()).toSorted(),
  };
}

/** Columns keep their order. Those that never hold NULL by themselves count as NOT NULL whether that is written or not. */
function normalizeColumns(table: Table): Column[] {
  const alias = rowidAliasOf(table);
  const impliesNotNull = table.options.includes("STRICT") || table.options.includes("WITHOUT ROWID");
  const keyTerms = impliesNotNull ? (table.primaryKey?.terms ?? []) : [];
  const keyNames = new Set(keyTerms.map((term) => foldName(columnOfTerm(term) ?? "")));
  return table.columns.map((column) => {
    const isAlias = column === alias;
    const isNeverNull = isAlias || keyNames.has(foldName(column.name));
    return normalizeColumn(table.name, column, { isAlias, isNeverNull });
  });
}

function normalizeColumn(
  table: string,
  column: Column,
  { isAlias, isNeverNull }: { readonly isAlias: boolean; readonly isNeverNull: boolean },
): Column {
  const generated = column.generated;
  return {
    name: foldName(column.name),
    type: normalizeType(column.type),
    notNull: column.notNull || isNeverNull,
    default: column.default === null ? null : normalizeDefault(column.default),
    collate: normalizeCollate(column.collate),
    generated: generated && {
      expression: normalizeExpression(generated.expression, table),
      stored: generated.stored,
    },
    notNullConflict: isAlias ? null : normalizeConflict(column.notNullConflict),
  };
}

interface Keys {
  readonly primaryKey: PrimaryKey | null;
  readonly uniques: readonly Unique[];
}

/**
 * SQLite makes one index for UNIQUE constraints over the same columns and collations, whatever their DESC, and none beside
 * such a primary key that has an index; the conflict clause of any of them then holds (`sqlite3CreateIndex()`).
 */
function normalizeKeys(table: Table, collations: ReadonlyMap<string, string>): Keys {
  const primaryKey = table.primaryKey && {
    ...normalizeUnique(table.primaryKey, collations),
    autoincrement: table.primaryKey.autoincrement,
  };
  const byColumns = new Map<string, Unique>();
  for (const unique of table.uniques.map((constraint) => normalizeUnique(constraint, collations))) {
    const first = byColumns.get(columnsOf(unique)) ?? unique;
    byColumns.set(columnsOf(unique), { ...first, conflict: first.conflict ?? unique.conflict });
  }
  if (primaryKey === null || rowidAliasOf(table) !== null)
    return { primaryKey, uniques: [...byColumns.values()] };
  const same = byColumns.get(columnsOf(primaryKey));
  byColumns.delete(columnsOf(primaryKey));
  const conflict = primaryKey.conflict ?? same?.conflict ?? null;
  return { primaryKey: { ...primaryKey, conflict }, uniques: [...byColumns.values()] };
}

function normalizeUnique(key: PrimaryKey | Unique, collations: ReadonlyMap<string, string>): Unique {
  const terms = key.terms.map((term) => normalizeTerm(term, collations));
  return { name: null, terms, conflict: normalizeConflict(key.conflict) };
}

function columnsOf({ terms }: PrimaryKey | Unique): string {
  return JSON.stringify(terms.map((term) => term.replace(/ DESC$/, "")));
}

function normalizeIndex(table: string, index: Index, collations: ReadonlyMap<string, string>): Index {
  const terms = index.terms.map((term) => normalizeTerm(term, collations));
  const isConstraintLike = index.unique && index.where === null && index.terms.every(isColumnTerm);
  if (isConstraintLike) return namelessIndex(terms);
  const where = index.where === null ? null : normalizeExpression(index.where, table);
  return { name: foldName(index.name), unique: index.unique, terms, where };
}

function namelessIndex(terms: readonly string[]): Index {
  return { name: "", unique: true, terms, where: null };
}

function isColumnTerm(term: string): boolean {
  return columnOfTerm(term) !== null;
}

function normalizeConflict(conflict: string | null): string | null {
  const word = conflict?.toUpperCase() ?? null;
  return word === "ABORT" ? null : word;
}

function normalizeCollate(collate: string | null): string | null {
  const name = collate === null ? "binary" : foldName(collate);
  return name === "binary" ? null : name;
}

function nameOf({ name }: { readonly name: string }): string {
  return name;
}

function sorted<Item>(items: readonly Item[]): Item[] {
  return sortedBy((item) => JSON.stringify(item), items);
}

/** Sorts in code unit order: the same on every machine. */
export function sortedBy<Item>(keyOf: (item: Item) => string, items: readonly Item[]): Item[] {
  if (items.length < 2) return [...items];
  const keyed = items.map((item) => [keyOf(item), item] as const);
  return keyed.toSorted(([a], [b]) => (a < b ? -1 : Number(a > b))).map(([, item]) => item);
}
