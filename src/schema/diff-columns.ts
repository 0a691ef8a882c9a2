import { foldName } from "../sql/identifier.ts";
import type { Change, ColumnProperty } from "./change.ts";
import { pairs, type Sides } from "./pairs.ts";
import type { Column, Table } from "./types.ts";

/** The changes of a table's columns; order counts among the columns both sides have. */
export function diffColumns(sides: Sides<Table>, written: Sides<Table>): Change[] {
  const table = written.to.name;
  const names = new Map(
    [...written.from.columns, ...written.to.columns].map(({ name }) => [foldName(name), name]),
  );
  const columns = pairs(sides.from.columns, sides.to.columns).flatMap(([key, from, to]): Change[] => {
    const column = names.get(key) ?? key;
    if (from === null) return [{ kind: "column-added", table, column }];
    if (to === null) return [{ kind: "column-removed", table, column }];
    const isSame = JSON.stringify(from) === JSON.stringify(to);
    return isSame ? [] : diffColumn({ from, to }, { table, written: writtenColumns(key, written) });
  });
  return [...columns, ...diffOrder(sides, written)];
}

function writtenColumns(key: string, { from, to }: Sides<Table>): Sides<Column | undefined> {
  const find = (side: Table) => side.columns.find(({ name }) => foldName(name) === key);
  return { from: find(from), to: find(to) };
}

const PROPERTIES: Readonly<Record<ColumnProperty, (column: Column) => string | null>> = {
  type: ({ type }) => type || null,
  notNull: ({ notNull, notNullConflict }) =>
    notNull ? `NOT NULL${notNullConflict === null ? "" : ` ON CONFLICT ${notNullConflict}`}` : null,
  default: (column) => column.default,
  collate: ({ collate }) => collate,
  generated: ({ generated }) =>
    generated && `(${generated.expression}) ${generated.stored ? "STORED" : "VIRTUAL"}`,
};

/** Compares normalised columns and answers with the text as written, but for NOT NULL, which may be implied. */
function diffColumn(
  { from, to }: Sides<Column>,
  { table, written }: { readonly table: string; readonly written: Sides<Column | undefined> },
): Change[] {
  const column = written.to?.name ?? to.name;
  return (Object.keys(PROPERTIES) as ColumnProperty[]).flatMap((property): Change[] => {
    const textOf = PROPERTIES[property];
    if (textOf(from) === textOf(to)) return [];
    const shown =
      property === "notNull" ? { from, to } : { from: written.from ?? from, to: written.to ?? to };
    return [
      { kind: "column-altered", table, column, property, from: textOf(shown.from), to: textOf(shown.to) },
    ];
  });
}

function diffOrder(sides: Sides<Table>, written: Sides<Table>): Change[] {
  const from = commonNames(written.from, sides.to);
  const to = commonNames(written.to, sides.from);
  const isSame = from.every((name, at) => foldName(name) === foldName(to[at] ?? ""));
  return isSame ? [] : [{ kind: "column-order-altered", table: written.to.name, from, to }];
}

function commonNames(table: Table, other: Table): string[] {
  const names = new Set(other.columns.map(({ name }) => name));
  return table.columns.map(({ name }) => name).filter((name) => names.has(foldName(name)));
}
