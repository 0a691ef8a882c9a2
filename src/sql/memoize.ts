/** Remembers what `convert` makes of each text: a schema says the same few things thousands of times. */
export function memoize<T>(convert: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const made = convert(text);
    known.set(text, made);
    return made;
  };
}
