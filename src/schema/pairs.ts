import { foldName } from "../sql/identifier.ts";

/** The same thing on the two sides of a comparison. */
export interface Sides<Item> {
  readonly from: Item;
  readonly to: Item;
}

/** Pairs up two lists by folded name, null where a side has none: first those of `from`, then the new ones of `to`. */
export function pairs<Item extends { readonly name: string }>(
  from: readonly Item[],
  to: readonly Item[],
): (readonly [string, Item | null, Item | null])[] {
  const before = byName(from);
  const after = byName(to);
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].map((name) => [name, before.get(name) ?? null, after.get(name) ?? null]);
}

/** A list as a map by folded name. */
export function byName<Item extends { readonly name: string }>(items: readonly Item[]): Map<string, Item> {
  return new Map(items.map((item) => [foldName(item.name), item]));
}
