import { memoize } from "./memoize.ts";

/** Quotes a name as a SQLite identifier: the only way a name reaches SQL (https://www.sqlite.org/lang_keywords.html). */
export const identifier = memoize((name: string): string => {
  const fault = nameFault(name);
  if (fault) throw new RangeError(`a name ${fault}: ${JSON.stringify(name)}`);
  return `"${name.replaceAll('"', '""')}"`;
});

/** Why SQLite cannot keep a name; null when it can. */
export function nameFault(name: string): string | null {
  if (name.includes("\0")) return "holds a NUL character";
  return name.isWellFormed() ? null : "holds half of a surrogate pair, which has no UTF-8 form";
}

const CAPITALS = /[A-Z]/;

/** Folds a name the way SQLite compares names: ASCII letters only (`Ärger` and `ärger` are two names). */
export function foldName(name: string): string {
  return CAPITALS.test(name) ? name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase()) : name;
}
