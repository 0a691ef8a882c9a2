import { identifier } from "../sql/identifier.ts";
import {
  expectOperator,
  isName,
  isOperator,
  peekWord,
  takeGroup,
  takeName,
  takeOperator,
  takeToken,
  takeWords,
  textBetween,
  unexpected,
  type Cursor,
} from "../sql/cursor.ts";
import { takeConflict, takeDeferrable, takeReferences } from "./parse-parts.ts";
import type { TableDraft } from "./table-draft.ts";
import type { Column, Generated } from "./types.ts";

type ColumnDraft = { -readonly [Property in keyof Column]: Column[Property] };

/** Reads one column definition with its constraints into the draft (https://www.sqlite.org/syntax/column-def.html). */
export function takeColumn(cursor: Cursor, draft: TableDraft): void {
  const column: ColumnDraft = {
    name: takeName(cursor),
    type: takeType(cursor),
    notNull: false,
    default: null,
    collate: null,
    generated: null,
    notNullConflict: null,
  };
  let name: string | null = null;
  while (cursor.at < cursor.tokens.length && !isOperator(cursor, ",") && !isOperator(cursor, ")")) {
    if (takeWords(cursor, "constraint")) name = takeName(cursor);
    else {
      if (!takeOwn(cursor, column)) takeShared({ cursor, draft, column, name });
      name = null;
    }
  }
  draft.columns.push(column);
}

/** Reads a type: words and perhaps one or two numbers, joined by one space; the words are free in SQLite. */
function takeType(cursor: Cursor): string {
  const words: string[] = [];
  while (isName(cursor) && !isGenerated(cursor)) words.push(takeToken(cursor).text);
  if (words.length === 0 || !takeOperator(cursor, "(")) return words.join(" ");
  const sizes = [takeSize(cursor)];
  if (takeOperator(cursor, ",")) sizes.push(takeSize(cursor));
  expectOperator(cursor, ")");
  return `${words.join(" ")}(${sizes.join(",")})`;
}

function isGenerated(cursor: Cursor): boolean {
  return peekWord(cursor) === "generated" && peekWord(cursor, 1) === "always" && peekWord(cursor, 2) === "as";
}

function takeSize(cursor: Cursor): string {
  const sign = isOperator(cursor, "+") || isOperator(cursor, "-") ? takeToken(cursor).text : "";
  const token = takeToken(cursor);
  if (token.kind !== "number") throw unexpected(cursor);
  return sign + token.text;
}

/** Reads a constraint that stays a property of the column, and answers whether there was one. */
function takeOwn(cursor: Cursor, column: ColumnDraft): boolean {
  if (takeWords(cursor, "not", "null")) {
    column.notNull = true;
    column.notNullConflict = takeConflict(cursor);
  } else if (takeWords(cursor, "null")) takeConflict(cursor);
  else if (takeWords(cursor, "default")) column.default = takeDefault(cursor);
  else if (takeWords(cursor, "collate")) column.collate = takeName(cursor);
  else if (takeWords(cursor, "generated", "always", "as") || takeWords(cursor, "as")) {
    column.generated = takeGenerated(cursor);
  } else return false;
  return true;
}

interface SharedConstraint {
  readonly cursor: Cursor;
  readonly draft: TableDraft;
  readonly column: Column;
  readonly name: string | null;
}

/** Reads a constraint that a table can have as well. */
function takeShared({ cursor, draft, column, name }: SharedConstraint): void {
  if (takeWords(cursor, "primary", "key")) {
    const term = identifier(column.name) + takeDirection(cursor);
    const conflict = takeConflict(cursor);
    draft.primaryKey = { name, terms: [term], autoincrement: takeWords(cursor, "autoincrement"), conflict };
    draft.keyOnColumn = true;
  } else if (takeWords(cursor, "unique")) {
    draft.uniques.push({ name, terms: [identifier(column.name)], conflict: takeConflict(cursor) });
  } else if (takeWords(cursor, "check")) draft.checks.push({ name, expression: takeGroup(cursor) });
  else if (takeWords(cursor, "references")) {
    const reference = takeReferences(cursor);
    draft.foreignKeys.push({ name, columns: [column.name], ...reference, deferrable: null });
  } else takeDeferral(cursor, draft);
}

/** SQLite reads DEFERRABLE as a constraint of its own that changes the foreign key before it. */
function takeDeferral(cursor: Cursor, draft: TableDraft): void {
  const from = cursor.at;
  const deferrable = takeDeferrable(cursor);
  const reference = draft.foreignKeys.pop();
  if (cursor.at === from || reference === undefined) throw unexpected(cursor);
  draft.foreignKeys.push({ ...reference, deferrable });
}

function takeDirection(cursor: Cursor): string {
  if (takeWords(cursor, "desc")) return " DESC";
  takeWords(cursor, "asc");
  return "";
}

/** Reads what follows DEFAULT: a group, or a literal or word with its sign. */
function takeDefault(cursor: Cursor): string {
  if (isOperator(cursor, "(")) {
    const from = cursor.at;
    takeGroup(cursor);
    return textBetween(cursor, from, cursor.at);
  }
  const sign = isOperator(cursor, "+") || isOperator(cursor, "-") ? takeToken(cursor).text : "";
  return sign + takeToken(cursor).text;
}

function takeGenerated(cursor: Cursor): Generated {
  const expression = takeGroup(cursor);
  const stored = takeWords(cursor, "stored");
  if (!stored) takeWords(cursor, "virtual");
  return { expression, stored };
}
