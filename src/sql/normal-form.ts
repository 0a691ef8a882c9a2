import { foldName } from "./identifier.ts";
import { JOIN_WORDS, RESERVED_WORDS, VALUE_WORDS } from "./keywords.ts";
import { memoize } from "./memoize.ts";
import { nameOf, tokenize, type Token } from "./tokens.ts";

/**
 * Writes SQL in one normal form, so that spellings with the same meaning become the same text: no comments, one spacing,
 * reserved words in capitals, names folded and quoted only when they must be, one spelling per operator. It undoes what
 * an embedded replica does when it re-prints a statement (`!=` → `<>`, `NOT NULL` → `NOTNULL`,
 * `INSERT OR REPLACE` → `REPLACE`, `IS DISTINCT FROM` → `IS NOT`), except where that changes the meaning
 * (`LIMIT 2, 3` → `LIMIT 2 OFFSET 3`).
 */
export function normalizeSql(sql: string): string {
  return normalizeTokens(tokenize(sql));
}

/** The normal form of {@link normalizeSql} for tokens already cut. */
export function normalizeTokens(tokens: readonly Token[]): string {
  const state: State = { tokens, out: [], frames: [newFrame(false)] };
  for (let at = 0; at < tokens.length;) at += step(state, at);
  closeLimit(state, top(state));
  return joinParts(state.out);
}

/** A name as the normal form writes it: folded, and quoted only when it must be. */
export const normalName = memoize((name: string): string => {
  const folded = foldName(name);
  return PLAIN_NAME.test(folded) && !QUOTED_WORDS.has(folded) ? folded : `"${folded.replaceAll('"', '""')}"`;
});

/** One level of parentheses. */
interface Frame {
  readonly cast: boolean;
  ordering: boolean;
  /** Where the parts after LIMIT begin, or -1. */
  limitAt: number;
  offset: readonly string[] | null;
}

interface State {
  readonly tokens: readonly Token[];
  readonly out: string[];
  readonly frames: Frame[];
}

const PLAIN_NAME = /^[a-z_][a-z0-9_$]*$/;
const QUOTED_WORDS = new Set([...RESERVED_WORDS, ...VALUE_WORDS, ...JOIN_WORDS]);

function newFrame(cast: boolean): Frame {
  return { cast, ordering: false, limitAt: -1, offset: null };
}

function top(state: State): Frame {
  return state.frames.at(-1) as Frame;
}

/** Writes the token at `at` and answers how many tokens that used. */
function step(state: State, at: number): number {
  const token = state.tokens[at] as Token;
  switch (token.kind) {
    case "word":
      return stepWord(state, at, token.word);
    case "quoted":
      state.out.push(normalName(nameOf(token)));
      return 1;
    case "operator":
      return stepOperator(state, at, token.text);
    case "blob":
    case "number":
      state.out.push(token.text.toLowerCase());
      return 1;
    case "string":
    case "parameter":
    case "unknown":
      state.out.push(token.text);
      return 1;
  }
}

function stepOperator(state: State, at: number, text: string): number {
  if (text === "(") state.frames.push(newFrame(wordAt(state, at - 1) === "cast"));
  if (text === ")" || text === ";") closeLimit(state, top(state));
  if (text === ")" && state.frames.length > 1) state.frames.pop();
  const frame = top(state);
  if (text === ";") frame.ordering = false;
  if (text === "," && frame.limitAt !== -1) {
    frame.offset = state.out.splice(frame.limitAt);
    frame.limitAt = -1;
    return 1;
  }
  state.out.push(text === "!=" ? "<>" : text === "==" ? "=" : text);
  return 1;
}

/** `LIMIT 2, 3` skips two rows: it becomes `LIMIT 3 OFFSET 2`. */
function closeLimit(state: State, frame: Frame): void {
  if (frame.offset !== null) state.out.push("offset", ...frame.offset);
  frame.offset = null;
  frame.limitAt = -1;
}

function stepWord(state: State, at: number, word: string): number {
  if (JOIN_WORDS.has(word) && isJoinWord(state, at)) {
    if (word !== "inner" && word !== "outer") state.out.push(word.toUpperCase());
    return 1;
  }
  if (RESERVED_WORDS.has(word)) return stepReserved(state, at, word);
  if (VALUE_WORDS.has(word)) state.out.push(word.toUpperCase());
  else if (word === "asc" && isRedundantAsc(state, at)) return 1;
  else if (word === "replace" && isReplaceStatement(state, at)) state.out.push("INSERT", "OR", "replace");
  else state.out.push(normalName(word));
  return 1;
}

function stepReserved(state: State, at: number, word: string): number {
  const frame = top(state);
  if (word === "as" && isOptionalAs(state, at)) return 1;
  if (word === "all" && wordAt(state, at - 1) !== "union") return 1;
  if (word === "is" || word === "not" || word === "isnull" || word === "notnull")
    return stepNullTest(state, at, word);
  if (word === "order") frame.ordering = true;
  state.out.push(word.toUpperCase());
  if (word === "limit") {
    frame.ordering = false;
    frame.limitAt = state.out.length;
  }
  return 1;
}

/** Brings `ISNULL`, `NOTNULL`, `NOT NULL`, `IS DISTINCT FROM` and `IS NOT DISTINCT FROM` to forms of `IS`. */
function stepNullTest(state: State, at: number, word: string): number {
  const next = wordAt(state, at + 1);
  const { out } = state;
  if (word === "is" && next === "distinct" && wordAt(state, at + 2) === "from") {
    out.push("IS", "NOT");
    return 3;
  }
  if (
    word === "is" &&
    next === "not" &&
    wordAt(state, at + 2) === "distinct" &&
    wordAt(state, at + 3) === "from"
  ) {
    out.push("IS");
    return 4;
  }
  if (word === "isnull" && !bindsTighter(state, at + 1)) out.push("IS", "NULL");
  else if (word === "notnull" && !bindsTighter(state, at + 1)) out.push("IS", "NOT", "NULL");
  else if (word === "not" && next === "null" && endsOperand(state, at - 1) && !bindsTighter(state, at + 2)) {
    out.push("IS", "NOT");
  } else out.push(word.toUpperCase());
  return 1;
}

const TIGHTER = new Set([
  "<",
  "<=",
  ">",
  ">=",
  "&",
  "|",
  "<<",
  ">>",
  "+",
  "-",
  "*",
  "/",
  "%",
  "||",
  "->",
  "->>",
]);

/** Whether the operator at `at` would take a NULL before it as its own operand: `x IS NULL || y` is `x IS (NULL || y)`. */
function bindsTighter(state: State, at: number): boolean {
  const token = state.tokens[at];
  return (
    token !== undefined && (TIGHTER.has(token.text) || token.word === "collate" || token.word === "escape")
  );
}

function endsOperand(state: State, at: number): boolean {
  const token = state.tokens[at];
  if (token === undefined) return false;
  if (token.kind === "operator") return token.text === ")";
  return !RESERVED_WORDS.has(token.word) || token.word === "null";
}

function wordAt(state: State, at: number): string {
  return state.tokens[at]?.word ?? "";
}

/** `LEFT` belongs to a join when only such words are left before JOIN, unless a name is expected where it stands. */
function isJoinWord(state: State, at: number): boolean {
  let next = at + 1;
  while (JOIN_WORDS.has(wordAt(state, next))) next += 1;
  const before = state.tokens[at - 1];
  return (
    wordAt(state, next) === "join" && before !== undefined && !/^(?:as|from|join|,|\.)$/i.test(before.text)
  );
}

/** AS is optional before an alias, and only there. */
function isOptionalAs(state: State, at: number): boolean {
  const next = state.tokens[at + 1];
  if (next === undefined || top(state).cast || next.text === "(") return false;
  return !["select", "values", "with", "not", "materialized"].includes(next.word);
}

function isReplaceStatement(state: State, at: number): boolean {
  return wordAt(state, at + 1) === "into" && wordAt(state, at - 1) !== "or";
}

const AFTER_ASC = new Set([undefined, ",", ")", ";", "nulls", "limit", "rows", "range", "groups"]);

/** ASC is the default in ORDER BY; elsewhere the word is a name. */
function isRedundantAsc(state: State, at: number): boolean {
  const next = state.tokens[at + 1];
  if (!top(state).ordering || wordAt(state, at - 1) === "by" || !endsOperand(state, at - 1)) return false;
  return AFTER_ASC.has(next === undefined ? undefined : next.word || next.text);
}

const NO_SPACE_BEFORE = new Set([",", ")", ".", ";"]);
const NO_SPACE_AFTER = new Set(["(", "."]);
const ENDS_IN_NAME = /[a-z0-9_$"]$/;

function joinParts(parts: readonly string[]): string {
  let text = "";
  let before = "(";
  for (const part of parts) {
    const call = part === "(" && ENDS_IN_NAME.test(before);
    text += NO_SPACE_AFTER.has(before) || NO_SPACE_BEFORE.has(part) || call ? part : ` ${part}`;
    before = part;
  }
  return text;
}
