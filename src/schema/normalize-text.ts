import { foldName } from "../sql/identifier.ts";
import { VALUE_WORDS } from "../sql/keywords.ts";
import { normalizeTokens, normalName } from "../sql/normal-form.ts";
import { memoize } from "../sql/memoize.ts";
import { nameIn, nameOf, tokenize, type Token } from "../sql/tokens.ts";

/** TRUE and FALSE are the integers 1 and 0 (https://www.sqlite.org/lang_expr.html#booleanexpr). */
const TRUTH: ReadonlyMap<string, string> = new Map([
  ["true", "1"],
  ["false", "0"],
]);

const PLAIN_TYPE = /^\w*$/;

/** An expression over one table in normal form: no redundant parentheses around all of it, no `table.` before a column. */
export function normalizeExpression(sql: string, table: string): string {
  return normalizeTokens(withoutOuterParentheses(withoutQualifier(tokenize(sql), foldName(table))));
}

/** CHECK and WHERE see one table only, so its name before a column says nothing. */
function withoutQualifier(tokens: readonly Token[], table: string): readonly Token[] {
  const isQualifier = (token: Token | undefined, next: Token | undefined): boolean =>
    next?.text === "." &&
    (token?.kind === "word" || token?.kind === "quoted") &&
    foldName(nameOf(token)) === table;
  return tokens.filter(
    (token, at) =>
      !isQualifier(token, tokens[at + 1]) && !(token.text === "." && isQualifier(tokens[at - 1], token)),
  );
}

/**
 * A default in normal form, without parentheses around it. A lone name is a string there (`DEFAULT draft` is
 * `DEFAULT 'draft'`, https://www.sqlite.org/lang_createtable.html#dfltval), and NULL is no default.
 */
export const normalizeDefault = memoize((sql: string): string | null => {
  const tokens = withoutOuterParentheses(tokenize(sql));
  const [only] = tokens;
  const isLoneName = tokens.length === 1 && (only?.kind === "word" || only?.kind === "quoted");
  if (only === undefined || (isLoneName && only.word === "null")) return null;
  const truth = isLoneName ? TRUTH.get(only.word) : undefined;
  if (truth !== undefined) return truth;
  if (isLoneName && !VALUE_WORDS.has(only.word)) return `'${nameOf(only).replaceAll("'", "''")}'`;
  return normalizeTokens(tokens);
});

/** A type name folded, words and sizes spaced in one way. */
export const normalizeType = memoize((type: string): string => {
  if (PLAIN_TYPE.test(type)) return foldName(type);
  const words = tokenize(type).map((token) => foldName(token.kind === "quoted" ? nameOf(token) : token.text));
  return words
    .join(" ")
    .replaceAll(/ ?([(),]) ?/g, "$1")
    .replaceAll(/([+-]) /g, "$1");
});

/**
 * A term of a key or index in normal form: without ASC, and without a COLLATE the column has anyway (`collations`: folded
 * column name to folded collation).
 */
export function normalizeTerm(term: string, collations: ReadonlyMap<string, string>): string {
  const tokens = tokenize(term);
  let end = tokens.length;
  const direction = end > 1 ? tokens[end - 1]?.word : "";
  if (direction === "asc" || direction === "desc") end -= 1;
  const hasCollate = end > 2 && tokens[end - 2]?.word === "collate";
  const collation = hasCollate ? foldName(nameOf(tokens[end - 1] as Token)) : "";
  if (hasCollate) end -= 2;
  const inner = withoutOuterParentheses(tokens.slice(0, end));
  const name = loneName(inner);
  const text = name === null ? normalizeTokens(inner) : normalName(name);
  const isImplied = name !== null && collations.get(foldName(name)) === collation;
  const collate = hasCollate && !isImplied ? ` COLLATE ${normalName(collation)}` : "";
  return `${text}${collate}${direction === "desc" ? " DESC" : ""}`;
}

function loneName(tokens: readonly Token[]): string | null {
  const [token, ...others] = tokens;
  return token === undefined || others.length > 0 || VALUE_WORDS.has(token.word) ? null : nameIn(token);
}

/** Drops parentheses as long as one pair encloses everything. */
function withoutOuterParentheses(tokens: readonly Token[]): readonly Token[] {
  let inner = tokens;
  while (inner[0]?.text === "(" && closingOf(inner) === inner.length - 1) inner = inner.slice(1, -1);
  return inner;
}

function closingOf(tokens: readonly Token[]): number {
  let depth = 0;
  return tokens.findIndex(({ text, kind }) => {
    if (kind !== "operator") return false;
    if (text === "(") depth += 1;
    if (text === ")") depth -= 1;
    return depth === 0;
  });
}
