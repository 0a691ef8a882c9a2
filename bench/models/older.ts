import type { Column, Table } from "./types.ts";

/**
 * The same product some weeks ago: some tables, columns and indexes are still to come, some columns have another default or allow
 * NULL. Nothing was renamed or removed since, so that no tool has a reason to ask.
 */
export function olderTables(tables: readonly Table[]): Table[] {
  const referred = new Set(tables.flatMap(({ name, foreignKeys }) => targetsBesides(name, foreignKeys)));
  return tables
    .map((table, number) => ({ table, number }))
    .filter(({ table, number }) => number % 20 !== 7 || referred.has(table.name))
    .map(({ table, number }) => olderTable(table, number));
}

function targetsBesides(name: string, foreignKeys: Table["foreignKeys"]): string[] {
  return foreignKeys.map(({ table }) => table).filter((target) => target !== name);
}

function olderTable(table: Table, number: number): Table {
  const indexes = number % 10 === 3 ? table.indexes.slice(0, -1) : table.indexes;
  const free = table.columns.filter((column) => isFree(table, column));
  const added = free.find(({ isNotNull, default: value }) => !isNotNull || value?.kind === "literal");
  if (number % 5 === 0 && added)
    return { ...table, indexes, columns: table.columns.filter((column) => column !== added) };
  const changed = free.find(({ kind }) => kind === "integer" || kind === "text");
  if (number % 5 === 1 && changed) {
    const columns = table.columns.map((column) => (column === changed ? before(column) : column));
    return { ...table, indexes, columns };
  }
  return { ...table, indexes };
}

function before(column: Column): Column {
  return column.kind === "integer"
    ? { ...column, default: { kind: "literal", value: 99 } }
    : { ...column, isNotNull: false };
}

/** No constraint speaks of it. */
function isFree(table: Table, { name, key, isUnique }: Column): boolean {
  const { primaryKey, uniques, indexes, foreignKeys, checks } = table;
  const used = [
    ...primaryKey,
    ...[...uniques, ...indexes, ...foreignKeys].flatMap(({ columns }) => columns),
    ...indexes.map(({ where }) => where),
    ...checks.map(({ column }) => column),
  ];
  return key === null && !isUnique && !used.includes(name);
}
