import { foldName } from "../sql/identifier.ts";
import type { Table, View } from "./types.ts";

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

/** Puts every view after the views it selects from; `namesIn` gives the names a view's SQL mentions. */
export function orderViews(views: readonly View[], namesIn: (view: View) => readonly string[]): View[] {
  const sorted = [...views].toSorted((a, b) => compareNames(a.name, b.name));
  return dependencyOrder(sorted, (view) => view.name, namesIn).map(({ item }) => item);
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
function dependencyOrder<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
  needs: (item: T) => readonly string[],
): Ordered<T>[] {
  const byName = new Map(items.map((item) => [foldName(nameOf(item)), item]));
  const done = new Set<T>();
  const result: Ordered<T>[] = [];
  const neededBy = (item: T): T[] => {
    const found = needs(item).flatMap((name) => byName.get(foldName(name)) ?? []);
    return [...new Set(found)]
      .filter((other) => other !== item)
      .toSorted((a, b) => compareNames(nameOf(a), nameOf(b)));
  };
  for (const root of items) {
    if (done.has(root)) continue;
    const stack = [{ item: root, open: neededBy(root) }];
    const onStack = new Set<T>([root]);
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const next = top.open.shift();
      if (next === undefined) {
        const forward = neededBy(top.item).filter((other) => !done.has(other));
        result.push({ item: top.item, forward: forward.map(nameOf) });
        done.add(top.item);
        stack.pop();
      } else if (!done.has(next) && !onStack.has(next)) {
        onStack.add(next);
        stack.push({ item: next, open: neededBy(next) });
      }
    }
  }
  return result;
}
