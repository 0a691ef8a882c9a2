import { memoize } from "./memoize.ts";
import { nameOf, tokenize, type Token } from "./tokens.ts";

const CONSTANT_WORDS: ReadonlySet<string> = new Set([
  "null",
  "true",
  "false",
  "current_date",
  "current_time",
  "current_timestamp",
]);

/** Whether DEFAULT takes the text as it stands: a literal, a signed number, or one of SQLite's constant words. */
export function isConstant(text: string): boolean {
  const tokens = tokenize(text, 3);
  const [first, second] = tokens;
  if (first && tokens.length === 2 && (first.text === "-" || first.text === "+"))
    return second?.kind === "number";
  return tokens.length === 1 && first !== undefined && isConstantToken(first);
}

function isConstantToken({ kind, word }: Token): boolean {
  return kind === "number" || kind === "string" || kind === "blob" || CONSTANT_WORDS.has(word);
}

/** Whether the text is one group in parentheses: `(a) + (b)` is not. */
export function isParenthesised(text: string): boolean {
  const tokens = tokenize(text);
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    if (token.text === "(") depth += 1;
    else if (token.text === ")") depth -= 1;
    if (depth === 0) return index > 0 && index === tokens.length - 1;
  }
  return false;
}

/** Cuts white space and comments off both ends: a comment at the end would swallow whatever follows it. */
export const trimSql = memoize((text: string): string => {
  const tokens = tokenize(text);
  return text.slice(tokens[0]?.start, tokens.at(-1)?.end ?? 0);
});

/** Every name a statement mentions, bare or quoted. */
export function identifiersIn(sql: string): string[] {
  return tokenize(sql)
    .filter(({ kind }) => kind === "word" || kind === "quoted")
    .map(nameOf);
}
