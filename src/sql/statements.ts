import { foldName } from "./identifier.ts";
import { nameIn, tokenize, type Token } from "./tokens.ts";

/** One statement of a script, without its semicolon and the comments around it; `line` counts from 1, `start` is an offset. */
export interface ScriptStatement {
  readonly sql: string;
  readonly line: number;
  readonly start: number;
}

/** What a CREATE makes. */
export type CreatedObject = "TABLE" | "INDEX" | "VIEW" | "TRIGGER" | "VIRTUAL TABLE";

/** What a statement does, told by its first words; `OTHER` is what SQLite does not know either. */
export type StatementKind =
  | {
      readonly verb: "CREATE";
      readonly object: CreatedObject;
      readonly name: string;
      readonly temporary: boolean;
    }
  | { readonly verb: "DROP" | "ALTER"; readonly object: string; readonly name: string }
  | { readonly verb: PlainVerb | "OTHER" };

const PLAIN_VERBS = [
  "ANALYZE",
  "ATTACH",
  "BEGIN",
  "COMMIT",
  "DELETE",
  "DETACH",
  "END",
  "EXPLAIN",
  "INSERT",
  "PRAGMA",
  "REINDEX",
  "RELEASE",
  "REPLACE",
  "ROLLBACK",
  "SAVEPOINT",
  "SELECT",
  "UPDATE",
  "VACUUM",
  "VALUES",
  "WITH",
] as const;

type PlainVerb = (typeof PLAIN_VERBS)[number];

/**
 * A statement with its semicolon, to stand in a script. A comment at its end would swallow the semicolon; without one nothing may
 * stand between the two, because SQLite keeps that in the catalog.
 */
export function terminated(sql: string): string {
  return sql.includes("--") ? `${sql}\n;\n` : `${sql};\n`;
}

/**
 * Splits a script at its semicolons, aware of quotes, comments and trigger bodies: like `sqlite3_complete()`, a trigger
 * ends at `; END ;` (https://www.sqlite.org/c3ref/complete.html).
 */
export function splitStatements(script: string): ScriptStatement[] {
  const tokens = tokenize(script);
  const lineOf = lineCounter(script);
  const statements: ScriptStatement[] = [];
  let first = 0;
  for (let at = 0; at <= tokens.length; at += 1) {
    const token = tokens[at];
    if (token !== undefined && (token.text !== ";" || isInsideTrigger(tokens, first, at))) continue;
    const [begin, last] = [tokens[first], tokens[at - 1]];
    if (at > first && begin !== undefined && last !== undefined) {
      const { start } = begin;
      statements.push({ sql: script.slice(start, last.end), line: lineOf(start), start });
    }
    first = at + 1;
  }
  return statements;
}

/** A comment of SQL, wherever it stands outside a token. */
export const COMMENT: RegExp = /--[^\n]*|\/\*[^]*?\*\//g;

/**
 * What would lose statements of a script unseen, or null: SQLite ends a text at a NUL character, and takes a comment that is not
 * closed for the end of it.
 */
export function faultInScript(
  script: string,
): { readonly line: number; readonly says: string; readonly hint: string } | null {
  const lineOf = (offset: number): number => script.slice(0, offset).split("\n").length;
  const nul = script.indexOf("\0");
  if (nul !== -1) return { line: lineOf(nul), says: "there is a NUL character", hint: "take it out" };
  const end = tokenize(script).at(-1)?.end ?? 0;
  const rest = script.slice(end).replaceAll(COMMENT, "");
  if (!rest.includes("/*")) return null;
  return {
    line: lineOf(script.indexOf("/*", end)),
    says: "a comment is not closed",
    hint: "close it with */",
  };
}

/** Tells what a statement does by its first words. */
export function statementKind(sql: string): StatementKind {
  const tokens = tokenize(sql, 10);
  const verb = tokens[0]?.word ?? "";
  if (verb === "create") return createKind(tokens) ?? { verb: "OTHER" };
  if (verb === "drop" || verb === "alter") {
    const object = (tokens[1]?.word ?? "").toUpperCase();
    return { verb: verb === "drop" ? "DROP" : "ALTER", object, name: nameAt(tokens, 2) };
  }
  return { verb: PLAIN_VERBS.find((plain) => plain.toLowerCase() === verb) ?? "OTHER" };
}

/** Counts lines forward only, so that a long script is read once. */
function lineCounter(script: string): (offset: number) => number {
  let line = 1;
  let newline = script.indexOf("\n");
  return (offset) => {
    while (newline !== -1 && newline < offset) {
      line += 1;
      newline = script.indexOf("\n", newline + 1);
    }
    return line;
  };
}

function isInsideTrigger(tokens: readonly Token[], first: number, at: number): boolean {
  const temporary = ["temp", "temporary"].includes(tokens[first + 1]?.word ?? "");
  if (tokens[first]?.word !== "create" || tokens[first + (temporary ? 2 : 1)]?.word !== "trigger")
    return false;
  return !(tokens[at - 1]?.word === "end" && tokens[at - 2]?.text === ";");
}

const OBJECTS: ReadonlyMap<string, CreatedObject> = new Map([
  ["table", "TABLE"],
  ["index", "INDEX"],
  ["view", "VIEW"],
  ["trigger", "TRIGGER"],
]);

function createKind(tokens: readonly Token[]): StatementKind | null {
  const isMarked = ["temp", "temporary"].includes(tokens[1]?.word ?? "");
  const at = isMarked ? 2 : 1;
  const word = tokens[at]?.word ?? "";
  const isVirtual = word === "virtual";
  const objectAt = isVirtual || word === "unique" ? at + 1 : at;
  const object = isVirtual ? "VIRTUAL TABLE" : OBJECTS.get(tokens[objectAt]?.word ?? "");
  if (object === undefined) return null;
  const name = nameAt(tokens, objectAt + 1);
  const temporary = isMarked || foldName(schemaAt(tokens, objectAt + 1)) === "temp";
  return { verb: "CREATE", object, name, temporary };
}

/** The name at `from`, after IF [NOT] EXISTS and a schema name; empty when there is none. */
function nameAt(tokens: readonly Token[], from: number): string {
  const at = behindIf(tokens, from);
  return nameIn(tokens[tokens[at + 1]?.text === "." ? at + 2 : at]) ?? "";
}

/** The schema name in the same place; empty when there is none. */
function schemaAt(tokens: readonly Token[], from: number): string {
  const at = behindIf(tokens, from);
  return tokens[at + 1]?.text === "." ? (nameIn(tokens[at]) ?? "") : "";
}

function behindIf(tokens: readonly Token[], at: number): number {
  if (tokens[at]?.word !== "if") return at;
  if (tokens[at + 1]?.word === "exists") return at + 2;
  return tokens[at + 1]?.word === "not" && tokens[at + 2]?.word === "exists" ? at + 3 : at;
}
