import { identifier } from "../sql/identifier.ts";
import {
  isOperator,
  peekWord,
  skipBalanced,
  takeList,
  takeName,
  takeQualifiedName,
  takeToken,
  takeWords,
  textBetween,
  unexpected,
  type Cursor,
} from "../sql/cursor.ts";
import { nameIn, nameOf, type Token } from "../sql/tokens.ts";
import type { ForeignKey } from "./types.ts";

/** Steps over `ON CONFLICT …` and answers its word in upper case; null when there is none or it is the default. */
export function takeConflict(cursor: Cursor): string | null {
  if (!takeWords(cursor, "on", "conflict")) return null;
  const word = takeToken(cursor).word.toUpperCase();
  return word === "ABORT" ? null : word;
}

/** Steps over what follows REFERENCES but the deferral; MATCH is read and left out, as SQLite ignores it. */
export function takeReferences(
  cursor: Cursor,
): Pick<ForeignKey, "foreignTable" | "foreignColumns" | "onDelete" | "onUpdate"> {
  const foreignTable = takeQualifiedName(cursor);
  const foreignColumns = isOperator(cursor, "(") ? takeList(cursor, takeName) : [];
  const actions = { onDelete: "NO ACTION", onUpdate: "NO ACTION" };
  for (;;) {
    if (takeWords(cursor, "on", "delete")) actions.onDelete = takeAction(cursor);
    else if (takeWords(cursor, "on", "update")) actions.onUpdate = takeAction(cursor);
    else if (takeWords(cursor, "on", "insert")) takeAction(cursor);
    else if (takeWords(cursor, "match")) takeName(cursor);
    else return { foreignTable, foreignColumns, ...actions };
  }
}

/** Steps over `[NOT] DEFERRABLE [INITIALLY …]`; only one spelling defers (https://www.sqlite.org/foreignkeys.html). */
export function takeDeferrable(cursor: Cursor): string | null {
  const not = peekWord(cursor) === "not" && peekWord(cursor, 1) === "deferrable" && takeWords(cursor, "not");
  if (!takeWords(cursor, "deferrable")) return null;
  const deferred = takeWords(cursor, "initially", "deferred");
  if (!deferred) takeWords(cursor, "initially", "immediate");
  return deferred && !not ? "DEFERRABLE INITIALLY DEFERRED" : null;
}

/**
 * Steps over one term of a key or an index and answers it as SQL: a lone name quoted (a string is a name here), an
 * expression as written, then its COLLATE and DESC.
 */
export function takeTerm(cursor: Cursor): string {
  const from = cursor.at;
  skipBalanced(cursor, (text) => text === "," || text === ")");
  let end = cursor.at;
  if (cursor.tokens[end - 1]?.word === "autoincrement") end -= 1;
  cursor.at = end;
  const direction = end - from > 1 ? cursor.tokens[end - 1]?.word : "";
  const descending = direction === "desc" ? " DESC" : "";
  if (direction === "desc" || direction === "asc") end -= 1;
  const collated = end - from > 2 && cursor.tokens[end - 2]?.word === "collate";
  const collate = collated ? ` COLLATE ${identifier(nameOf(cursor.tokens[end - 1] as Token))}` : "";
  if (collated) end -= 2;
  if (end <= from) throw unexpected(cursor);
  return termText(cursor, from, end) + collate + descending;
}

function termText(cursor: Cursor, from: number, end: number): string {
  const name = end === from + 1 ? nameIn(cursor.tokens[from]) : null;
  return name === null ? textBetween(cursor, from, end) : identifier(name);
}

const ACTIONS = [["set", "null"], ["set", "default"], ["no", "action"], ["cascade"], ["restrict"]] as const;

function takeAction(cursor: Cursor): string {
  const action = ACTIONS.find((words) => takeWords(cursor, ...words));
  if (action === undefined) throw unexpected(cursor);
  return action.join(" ").toUpperCase();
}
