import { CleanSlateError } from "../errors.ts";
import { RESERVED_WORDS } from "./keywords.ts";
import { nameOf, tokenize, type Token } from "./tokens.ts";

/** A place in tokenised SQL; the functions of this file look at it or move it forward. */
export interface Cursor {
  readonly sql: string;
  readonly tokens: readonly Token[];
  at: number;
}

/** Starts reading `sql` at its first token. */
export function cursorOver(sql: string): Cursor {
  return { sql, tokens: tokenize(sql), at: 0 };
}

/** The folded bare word at the cursor (or `ahead` of it), and empty when something else is there. */
export function peekWord(cursor: Cursor, ahead = 0): string {
  return cursor.tokens[cursor.at + ahead]?.word ?? "";
}

/** Whether this operator is at the cursor. */
export function isOperator(cursor: Cursor, text: string): boolean {
  const token = cursor.tokens[cursor.at];
  return token?.kind === "operator" && token.text === text;
}

/** Steps over these words when all of them follow, and answers whether they did. */
export function takeWords(cursor: Cursor, ...words: readonly string[]): boolean {
  if (!words.every((word, ahead) => peekWord(cursor, ahead) === word)) return false;
  cursor.at += words.length;
  return true;
}

/** Steps over this operator when it follows, and answers whether it did. */
export function takeOperator(cursor: Cursor, text: string): boolean {
  if (!isOperator(cursor, text)) return false;
  cursor.at += 1;
  return true;
}

/** Steps over one token, whatever it is. */
export function takeToken(cursor: Cursor): Token {
  const token = cursor.tokens[cursor.at];
  if (token === undefined) throw unexpected(cursor);
  cursor.at += 1;
  return token;
}

/** Whether the token at the cursor can be a name: a word that is not reserved, a quoted identifier or a string. */
export function isName(cursor: Cursor): boolean {
  const token = cursor.tokens[cursor.at];
  if (token === undefined) return false;
  if (token.kind === "word") return !RESERVED_WORDS.has(token.word);
  return token.kind === "quoted" || token.kind === "string";
}

/** Steps over a name and answers it unquoted. */
export function takeName(cursor: Cursor): string {
  if (!isName(cursor)) throw unexpected(cursor);
  return nameOf(takeToken(cursor));
}

/** Steps over `name` or `schema.name` and answers the name. */
export function takeQualifiedName(cursor: Cursor): string {
  const name = takeName(cursor);
  return takeOperator(cursor, ".") ? takeName(cursor) : name;
}

/** Steps over a comma-separated list in parentheses, reading each item. */
export function takeList<Item>(cursor: Cursor, takeItem: (cursor: Cursor) => Item): Item[] {
  const items: Item[] = [];
  expectOperator(cursor, "(");
  do items.push(takeItem(cursor));
  while (takeOperator(cursor, ","));
  expectOperator(cursor, ")");
  return items;
}

/** Steps over a balanced group in parentheses and answers the text inside. */
export function takeGroup(cursor: Cursor): string {
  expectOperator(cursor, "(");
  const from = cursor.at;
  skipBalanced(cursor, (text) => text === ")");
  const inner = textBetween(cursor, from, cursor.at);
  expectOperator(cursor, ")");
  return inner;
}

/** Moves forward to the first operator outside parentheses that `stop` names, or to the end. */
export function skipBalanced(cursor: Cursor, stop: (operator: string) => boolean): void {
  let depth = 0;
  for (; cursor.at < cursor.tokens.length; cursor.at += 1) {
    const token = cursor.tokens[cursor.at] as Token;
    if (token.kind !== "operator") continue;
    if (depth === 0 && stop(token.text)) return;
    if (token.text === "(") depth += 1;
    if (token.text === ")") depth -= 1;
  }
}

/** The SQL from token `from` up to but without token `to`, as it was written. */
export function textBetween(cursor: Cursor, from: number, to: number): string {
  const first = cursor.tokens[from];
  const last = cursor.tokens[to - 1];
  return first === undefined || last === undefined || to <= from
    ? ""
    : cursor.sql.slice(first.start, last.end);
}

/** Steps over this operator or fails with `SQL_INVALID`. */
export function expectOperator(cursor: Cursor, text: string): void {
  if (!takeOperator(cursor, text)) throw unexpected(cursor);
}

/** Steps over these words or fails with `SQL_INVALID`. */
export function expectWords(cursor: Cursor, ...words: readonly string[]): void {
  if (!takeWords(cursor, ...words)) throw unexpected(cursor);
}

/** The error for a token that has no place where it stands (`SQL_INVALID`). */
export function unexpected(cursor: Cursor): CleanSlateError {
  const token = cursor.tokens[cursor.at];
  const where = token === undefined ? "at the end" : `near ${JSON.stringify(token.text)}`;
  return new CleanSlateError("SQL_INVALID", `cannot read this SQL ${where}: ${cursor.sql}`);
}
