import { foldName } from "../sql/identifier.ts";
import type { Change, ConstraintChange } from "./change.ts";
import {
  checkText,
  foreignKeyText,
  indexText,
  optionsText,
  primaryKeyText,
  uniqueText,
} from "./constraint-text.ts";
import { diffColumns } from "./diff-columns.ts";
import { normalizePrograms, sortedBy, tableNormalizer } from "./normalize.ts";
import { byName, pairs, type Sides } from "./pairs.ts";
import type { Schema, Table, Trigger } from "./types.ts";

const PROGRAM_LISTS = ["virtualTables", "views", "triggers"] as const;
const PROGRAM_KINDS = { views: "view", triggers: "trigger", virtualTables: "virtual-table" } as const;

/**
 * The changes that make `to` out of `from`, in a fixed order; empty exactly when the fingerprints are equal. What counts
 * as the same is decided by the canonical form (`normalizeSchema`).
 */
export function diffSchemas(from: Schema, to: Schema): Change[] {
  const normalize = { from: tableNormalizer(from.tables), to: tableNormalizer(to.tables) };
  const inOrder = (tables: readonly Table[]): Table[] => sortedBy(({ name }) => foldName(name), tables);
  const programs = { from: normalizePrograms(from), to: normalizePrograms(to) };
  return [
    ...pairs(inOrder(from.tables), inOrder(to.tables)).flatMap(([, before, after]): Change[] => {
      if (before === null) return [{ kind: "table-added", table: after?.name ?? "" }];
      if (after === null) return [{ kind: "table-removed", table: before.name }];
      if (isWrittenAlike(before, after)) return [];
      const sides = { from: normalize.from(before), to: normalize.to(after) };
      return diffTable(sides, { from: before, to: after });
    }),
    ...PROGRAM_LISTS.flatMap((list) => diffPrograms(list, programs, { from, to })),
  ];
}

/** Needs no canonical form, unless a foreign key takes its columns from another table. */
function isWrittenAlike(before: Table, after: Table): boolean {
  return (
    before.foreignKeys.every(({ foreignColumns }) => foreignColumns.length > 0) &&
    JSON.stringify(before) === JSON.stringify(after)
  );
}

function diffTable(sides: Sides<Table>, written: Sides<Table>): Change[] {
  const table = written.to.name;
  return [
    ...diffColumns(sides, written),
    ...diffWhole("primary-key-altered", table, {
      from: primaryKeyText(sides.from),
      to: primaryKeyText(sides.to),
    }),
    ...diffWhole("table-options-altered", table, {
      from: optionsText(sides.from),
      to: optionsText(sides.to),
    }),
    ...diffSet("unique", table, { from: uniqueTexts(sides.from), to: uniqueTexts(sides.to) }),
    ...diffSet("foreign-key", table, {
      from: sides.from.foreignKeys.map(foreignKeyText),
      to: sides.to.foreignKeys.map(foreignKeyText),
    }),
    ...diffSet("check", table, {
      from: sides.from.checks.map(checkText),
      to: sides.to.checks.map(checkText),
    }),
    ...diffIndexes(sides, written),
  ];
}

function diffWhole(
  kind: "primary-key-altered" | "table-options-altered",
  table: string,
  { from, to }: Sides<string | null>,
): Change[] {
  return from === to ? [] : [{ kind, table, from, to }];
}

function uniqueTexts(table: Table): string[] {
  const nameless = table.indexes
    .filter(({ name }) => name === "")
    .map(({ terms }) => uniqueText({ terms, conflict: null }));
  return [...nameless, ...table.uniques.map(uniqueText)];
}

type Constraint = "unique" | "foreign-key" | "check";

/** Compares lists in which the order does not count but the number of equal members does. */
function diffSet(constraint: Constraint, table: string, { from, to }: Sides<readonly string[]>): Change[] {
  const change =
    (kind: ConstraintChange["kind"]) =>
    (definition: string): Change => ({ kind, table, definition });
  return [
    ...without(from, to).map(change(`${constraint}-removed`)),
    ...without(to, from).map(change(`${constraint}-added`)),
  ];
}

/** What of a list is left when each of the others has taken one of its kind. */
export function without(list: readonly string[], taken: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const text of taken) counts.set(text, (counts.get(text) ?? 0) + 1);
  return list.filter((text) => {
    const count = counts.get(text) ?? 0;
    counts.set(text, count - 1);
    return count <= 0;
  });
}

function diffIndexes(sides: Sides<Table>, written: Sides<Table>): Change[] {
  const table = written.to.name;
  const named = (side: Table) => side.indexes.filter(({ name }) => name !== "");
  const names = new Map(
    [...written.from.indexes, ...written.to.indexes].map(({ name }) => [foldName(name), name]),
  );
  return pairs(named(sides.from), named(sides.to)).flatMap(([key, before, after]): Change[] => {
    const index = names.get(key) ?? key;
    const from = before && indexText(before);
    const to = after && indexText(after);
    if (from === null) return to === null ? [] : [{ kind: "index-added", table, index, definition: to }];
    if (to === null) return [{ kind: "index-removed", table, index, definition: from }];
    return from === to ? [] : [{ kind: "index-altered", table, index, from, to }];
  });
}

type Program = Pick<Trigger, "name" | "sql">;

function diffPrograms(
  list: (typeof PROGRAM_LISTS)[number],
  sides: Sides<Omit<Schema, "tables">>,
  written: Sides<Schema>,
): Change[] {
  const kind = PROGRAM_KINDS[list];
  const before = byName<Program>(written.from[list]);
  const after = byName<Program>(written.to[list]);
  return pairs<Program>(sides.from[list], sides.to[list]).flatMap(([key, from, to]): Change[] => {
    const old = before.get(key);
    const current = after.get(key);
    if (old === undefined) return [{ kind: `${kind}-added`, name: current?.name ?? key }];
    if (current === undefined) return [{ kind: `${kind}-removed`, name: old.name }];
    const isSame = JSON.stringify(from) === JSON.stringify(to);
    return isSame ? [] : [{ kind: `${kind}-altered`, name: current.name, from: old.sql, to: current.sql }];
  });
}
