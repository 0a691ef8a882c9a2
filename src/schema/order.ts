import { foldName } from "../sql/identifier.ts";
import { identifiersIn } from "../sql/expression.ts";
import { memoize } from "../sql/memoize.ts";
import type { Table } from "./types.ts";

export interface OrderedTable {
  readonly table: Table;
  /** Tables it references that come after it, because the foreign keys form a cycle. */
  readonly forward: readonly string[];
}

/** Puts every table after the tables it references, alphabetically where that leaves a choice; cycles start at their first name. */
export function orderTables(tables: readonly Table[]): OrderedTable[] {
  const byName = (a: Table, b: Table): number => compareNames(a.name, b.name);
  const parents = (table: Table): string[] => table.foreignKeys.map((key) => key.foreignTable);
  return dependencyOrder([...tables].toSorted(byName), (table) => table.name, parents).map(
    ({ item, forward }) => ({
      table: item,
      forward,
    }),
  );
}

/** Puts every object after those whose names its SQL mentions, alphabetically where that leaves a choice. */
export function orderBySql<T extends { readonly name: string; readonly sql: string }>(
  objects: readonly T[],
): T[] {
  const sorted = [...objects].toSorted((a, b) => compareNames(a.name, b.name));
  return dependencyOrder(
    sorted,
    ({ name }) => name,
    ({ sql }) => identifiersIn(sql),
  ).map(({ item }) => item);
}

/** By UTF-16 code units: the same on every machine, whatever its locale. */
function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

interface Ordered<T> {
  readonly item: T;
  readonly forward: readonly string[];
}

/** Depth first from each item in turn, without recursion: a chain of foreign keys may be as long as the schema. */
function dependencyOrder<T extends object>(
  items: readonly T[],
  nameOf: (item: T) => string,
  needs: (item: T) => readonly string[],
): Ordered<T>[] {
  const byName = new Map(items.map((item) => [foldName(nameOf(item)), item]));
  const neededBy = memoize((item: T): T[] => {
    const found = new Set(needs(item).flatMap((name) => byName.get(foldName(name)) ?? []));
    found.delete(item);
    return [...found].toSorted((a, b) => compareNames(nameOf(a), nameOf(b)));
  });
  const done = new Set<T>();
  const seen = new Set<T>();
  const result: Ordered<T>[] = [];
  const stack = items.toReversed();
  for (let item = stack.at(-1); item !== undefined; item = stack.at(-1)) {
    const open = neededBy(item).filter((other) => !done.has(other));
    const next = seen.has(item) ? [] : open.filter((other) => !seen.has(other));
    seen.add(item);
    stack.push(...next.toReversed());
    if (next.length > 0) continue;
    stack.pop();
    if (done.has(item)) continue;
    done.add(item);
    result.push({ item, forward: open.map(nameOf) });
  }
  return result;
}
