import type { Statement } from "../schema/create.ts";
import { splitStatements } from "../sql/statements.ts";
import { tokenize } from "../sql/tokens.ts";

/** A part of a script that holds whole statements; offsets. */
export interface Unread {
  readonly start: number;
  readonly end: number;
}

type Part = Unread | { readonly statement: Statement };

/** What SQLite takes for blank before a statement, and comments to the end of a line. */
const BETWEEN = /(?:[ \t\n\f\r\uFEFF]+|--[^\n]*(?:\n|$))*/y;

/**
 * Parts a script into statements that are `known`, found by comparing, and what is between them, which is to be read: of a large file
 * most often little. A known statement is only looked for where one begins, so that none is found inside a text or a comment.
 */
export function partsOf(script: string, known: readonly Statement[]): Part[] {
  if (script.includes("\0")) return [{ start: 0, end: script.length }]; // a fault, wherever it stands
  const byLine = new Map(known.map((statement) => [lineAt(statement.sql, 0), statement]));
  const parts: Part[] = [];
  let at = 0;
  while (at < script.length) {
    const start = skipBetween(script, at);
    const statement = byLine.get(lineAt(script, start));
    if (statement !== undefined && script.startsWith(`${statement.sql};`, start)) {
      parts.push({ statement: { ...statement, comment: null } });
      at = start + statement.sql.length + 1;
    } else {
      const end = endOfUnread(script, start, byLine);
      parts.push({ start: at, end });
      at = end;
    }
  }
  return parts;
}

function skipBetween(script: string, at: number): number {
  BETWEEN.lastIndex = at;
  BETWEEN.test(script);
  return BETWEEN.lastIndex;
}

/** The first end of a statement after which a known one stands; where that cannot be told, the end of all. */
function endOfUnread(script: string, start: number, byLine: ReadonlyMap<string, Statement>): number {
  for (let end = script.indexOf(";\n", start); end !== -1; end = script.indexOf(";\n", end + 1)) {
    const next = skipBetween(script, end + 1);
    if (byLine.has(lineAt(script, next)))
      return isWhole(script.slice(start, end + 1)) ? end + 1 : script.length;
  }
  return script.length;
}

/** Whether the semicolon at the end of a part ends a statement: it may stand in a text, a comment or a trigger. */
function isWhole(part: string): boolean {
  const last = tokenize(part).at(-1);
  const isToken = last?.text === ";" && last.end === part.length;
  return isToken && splitStatements(part).at(-1)?.sql.endsWith(";") !== true;
}

/** Up to the end of the line or the semicolon there. */
function lineAt(text: string, at: number): string {
  const end = text.indexOf("\n", at);
  const line = text.slice(at, end === -1 ? text.length : end);
  return line.endsWith(";") ? line.slice(0, -1) : line;
}
