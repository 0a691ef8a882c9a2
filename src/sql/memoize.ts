/**
 * Remembers what `convert` makes of each text: a schema says the same few things thousands of times. Given a WeakMap, of each object as
 * long as it lives.
 */
export function memoize<K, V>(
  convert: (key: K) => V,
  known: Pick<Map<K, V>, "get"> & { readonly set: (key: K, value: V) => unknown } = new Map<K, V>(),
): (key: K) => V {
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = convert(key);
    known.set(key, made);
    return made;
  };
}
