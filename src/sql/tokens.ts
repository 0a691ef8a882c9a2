import { foldName } from "./identifier.ts";

/** What a token is; `quoted` is an identifier in `"…"`, `` `…` `` or `[…]`, `unknown` is what SQLite would refuse. */
export type TokenKind =
  | "word"
  | "quoted"
  | "string"
  | "blob"
  | "number"
  | "parameter"
  | "operator"
  | "unknown";

/** One lexical piece of SQL: `text` is `sql.slice(start, end)`, `word` the folded text of a bare word and else empty. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Cuts SQL into tokens, leaving out whitespace and comments, and never throws (https://www.sqlite.org/lang.html,
 * `tokenize.c`). With `limit` it stops after that many tokens.
 */
export function tokenize(sql: string, limit = Number.POSITIVE_INFINITY): Token[] {
  const tokens: Token[] = [];
  let start = skipBlank(sql, 0);
  while (start < sql.length && tokens.length < limit) {
    const [kind, end] = scan(sql, start);
    const text = sql.slice(start, end);
    tokens.push({ kind, text, word: kind === "word" ? fold(text) : "", start, end });
    start = skipBlank(sql, end);
  }
  return tokens;
}

/** The name an identifier token stands for, unquoted; a string counts as one, as it does where SQLite expects a name. */
export function nameOf(token: Token): string {
  if (token.kind === "word") return token.text;
  const quote = token.text.charAt(0);
  const inner = token.text.slice(1, -1);
  return quote === "[" ? inner : inner.replaceAll(quote + quote, quote);
}

/** The same of any token; null when it can be no name. */
export function nameIn(token: Token | undefined): string | null {
  const canBeName = token?.kind === "word" || token?.kind === "quoted" || token?.kind === "string";
  return canBeName ? nameOf(token) : null;
}

/** The name behind the first `word` at `from` or later; null when there is none. */
export function nameBehind(tokens: readonly Token[], word: string, from = 0): string | null {
  const at = tokens.findIndex((token, index) => index >= from && token.word === word);
  return at === -1 ? null : nameIn(tokens[at + 1]);
}

const NON_ASCII = /[^\0-\x7f]/;

function fold(text: string): string {
  return NON_ASCII.test(text) ? foldName(text) : text.toLowerCase();
}

/** Skips whitespace (a byte order mark is some) and comments; an unterminated comment reaches to the end. */
function skipBlank(sql: string, from: number): number {
  let at = from;
  for (;;) {
    const code = sql.charCodeAt(at);
    if (code === 32 || (code >= 9 && code <= 13 && code !== 11) || code === 0xfeff) at += 1;
    else if (code === 45 && sql.charCodeAt(at + 1) === 45) at = after(sql, "\n", at + 2);
    else if (code === 47 && sql.charCodeAt(at + 1) === 42) at = after(sql, "*/", at + 2);
    else return at;
  }
}

function after(sql: string, mark: string, from: number): number {
  const at = sql.indexOf(mark, from);
  return at === -1 ? sql.length : at + mark.length;
}

function scan(sql: string, start: number): readonly [TokenKind, number] {
  const code = sql.charCodeAt(start);
  if ((code === 120 || code === 88) && sql.charCodeAt(start + 1) === 39)
    return scanQuoted(sql, start + 1, "blob");
  if (isWordStart(code)) return ["word", wordEnd(sql, start)];
  if (isDigit(code) || (code === 46 && isDigit(sql.charCodeAt(start + 1))))
    return ["number", numberEnd(sql, start)];
  switch (sql.charAt(start)) {
    case '"':
    case "`":
      return scanQuoted(sql, start, "quoted");
    case "[": {
      const close = sql.indexOf("]", start);
      return close === -1 ? ["unknown", sql.length] : ["quoted", close + 1];
    }
    case "'":
      return scanQuoted(sql, start, "string");
    case "(":
    case ")":
    case ",":
    case ".":
    case ";":
      return ["operator", start + 1];
    case "?":
    case ":":
    case "@":
    case "$":
    case "#":
      return scanParameter(sql, start);
    default:
      return scanOperator(sql, start);
  }
}

/** Scans from an opening quote to its closing one; a doubled quote stands for one inside. */
function scanQuoted(sql: string, open: number, kind: TokenKind): readonly [TokenKind, number] {
  const quote = sql.charAt(open);
  let at = open + 1;
  for (;;) {
    const close = sql.indexOf(quote, at);
    if (close === -1) return ["unknown", sql.length];
    if (sql.charAt(close + 1) !== quote) return [kind, close + 1];
    at = close + 2;
  }
}

function scanParameter(sql: string, start: number): readonly [TokenKind, number] {
  const end = wordEnd(sql, start + 1);
  return end > start + 1 || sql.charAt(start) === "?" ? ["parameter", end] : ["unknown", end];
}

const OPERATORS = new Set([
  ..."-+*/%&|~<>=".split(""),
  "->",
  "->>",
  "||",
  "<>",
  "<=",
  "<<",
  ">=",
  ">>",
  "!=",
  "==",
]);

function scanOperator(sql: string, start: number): readonly [TokenKind, number] {
  for (let length = 3; length > 0; length -= 1) {
    if (OPERATORS.has(sql.slice(start, start + length)))
      return ["operator", Math.min(start + length, sql.length)];
  }
  return ["unknown", start + 1];
}

/** `0x1F`, `12`, `1_000`, `1.5e-3`, `.5`; letters glued to a number stay with it, as SQLite refuses them as one token. */
function numberEnd(sql: string, start: number): number {
  let end = wordEnd(sql, start);
  if (sql.charAt(end) === "." && sql.charAt(start + 1).toLowerCase() !== "x") end = wordEnd(sql, end + 1);
  const sign = sql.charAt(end);
  const exponent = sql.charAt(end - 1).toLowerCase() === "e" && sql.charAt(start + 1).toLowerCase() !== "x";
  return exponent && (sign === "-" || sign === "+") && isDigit(sql.charCodeAt(end + 1))
    ? wordEnd(sql, end + 1)
    : end;
}

function wordEnd(sql: string, start: number): number {
  let end = start;
  while (isWordPart(sql.charCodeAt(end))) end += 1;
  return end;
}

function isWordStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code >= 128;
}

function isWordPart(code: number): boolean {
  return isWordStart(code) || isDigit(code) || code === 36;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
