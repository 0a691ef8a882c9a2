/** Quotes a name as a SQLite identifier: the only way a name reaches SQL (https://www.sqlite.org/lang_keywords.html). */
export function identifier(name: string): string {
  if (name.includes("\0"))
    throw new RangeError(`a name cannot hold a NUL character: ${JSON.stringify(name)}`);
  return `"${name.replaceAll('"', '""')}"`;
}

/** Folds a name the way SQLite compares names: ASCII letters only (`Ärger` and `ärger` are two names). */
export function foldName(name: string): string {
  return name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
