import { CleanSlateError } from "../errors.ts";
import { cursorOver, takeToken, takeWords } from "../sql/cursor.ts";
import { foldName } from "../sql/identifier.ts";
import {
  COMMENT,
  faultInScript,
  splitStatements,
  statementKind,
  type StatementKind,
} from "../sql/statements.ts";
import { nameBehind, nameOf } from "../sql/tokens.ts";
import type { Statement } from "./create.ts";

/** A `.sql` file beside the models; `file` as shown to the user. */
export interface SqlFile {
  readonly file: string;
  readonly text: string;
}

/** A statement a person wrote; `origin` is its `file:line`. */
export interface WrittenStatement extends Statement {
  readonly origin: string;
}

/**
 * Reads the CREATE statements of a file: the text as written, without IF NOT EXISTS and `main.`, and the comment right above
 * it. Throws MODELS_INVALID, naming file and line, for anything that is no CREATE of a lasting object.
 */
export function statementsFromSqlFile({ file, text }: SqlFile): WrittenStatement[] {
  checkText(file, text);
  let end = 0;
  return splitStatements(text).map(({ sql, line, start }) => {
    const origin = `${file}:${line}`;
    const comment = commentAbove(text.slice(end, start), end === 0);
    end = start + sql.length;
    return { ...createFrom(sql, origin), comment, origin };
  });
}

const ONLY = "only CREATE TABLE, INDEX, VIEW, TRIGGER and VIRTUAL TABLE have a place beside the models";

function createFrom(sql: string, origin: string): Omit<WrittenStatement, "comment" | "origin"> {
  const kind = statementKind(sql);
  if (kind.verb !== "CREATE") throw refusal(origin, `${wordsOf(kind, sql)} is refused`, ONLY);
  if (kind.temporary) {
    throw refusal(
      origin,
      `CREATE TEMPORARY ${kind.object} "${kind.name}" is refused`,
      "it would last no longer than one connection",
    );
  }
  if (kind.name === "") throw refusal(origin, `CREATE ${kind.object} has no name`, "mend the statement");
  const header = readHeader(sql, origin);
  if (kind.object === "TABLE" && header.isSelect) {
    throw refusal(
      origin,
      `CREATE TABLE "${kind.name}" AS SELECT is refused`,
      "write its columns: a table made by a query has no constraints",
    );
  }
  const object = kind.object.toLowerCase() as Statement["kind"];
  const hasTable = kind.object === "INDEX" || kind.object === "TRIGGER";
  return { sql: header.sql, kind: object, name: kind.name, table: hasTable ? header.table : null };
}

/** What a person would call a statement that is not a CREATE. */
function wordsOf(kind: StatementKind, sql: string): string {
  if ("object" in kind && kind.verb !== "CREATE") return `${kind.verb} ${kind.object} "${kind.name}"`;
  if (kind.verb !== "OTHER") return kind.verb;
  const words = sql.replaceAll(/\s+/g, " ");
  return words.length > 40 ? `"${words.slice(0, 40)}…"` : `"${words}"`;
}

interface Header {
  /** The statement without IF NOT EXISTS and `main.`. */
  readonly sql: string;
  /** What stands after the first ON: the table of an index or trigger. */
  readonly table: string | null;
  readonly isSelect: boolean;
}

/** Reads `CREATE [UNIQUE] kind [IF NOT EXISTS] [main.]name`, and what a statement acts on after its ON. */
function readHeader(sql: string, origin: string): Header {
  const cursor = cursorOver(sql);
  const { tokens } = cursor;
  cursor.at = ["unique", "virtual"].includes(tokens[1]?.word ?? "") ? 3 : 2;
  const from = tokens[cursor.at]?.start;
  takeWords(cursor, "if", "not", "exists");
  if (tokens[cursor.at + 1]?.text === ".") {
    const database = nameOf(takeToken(cursor));
    if (foldName(database) !== "main")
      throw refusal(
        origin,
        `the database "${database}" is named, and there is only one`,
        `write the name without "${database}."`,
      );
    takeToken(cursor);
  }
  const to = takeToken(cursor).start;
  return {
    sql: sql.slice(0, from) + sql.slice(to),
    table: nameBehind(tokens, "on", cursor.at),
    isSelect: takeWords(cursor, "as"),
  };
}

function checkText(file: string, text: string): void {
  const fault = faultInScript(text);
  if (fault) throw refusal(`${file}:${fault.line}`, fault.says, fault.hint);
}

/** The comment that ends right above a statement, as lines without their marks; null when a blank line lies between. */
function commentAbove(gap: string, isFirst: boolean): string | null {
  // What stands on the line of the statement before belongs to that one.
  const above = isFirst ? gap : gap.replace(/^[^\n]*\n?/, "");
  const paragraph = above.split(/\n[^\S\n]*\n/).at(-1) ?? "";
  const lines = (paragraph.match(COMMENT) ?? []).flatMap((comment) =>
    comment.startsWith("--")
      ? [comment.slice(2)]
      : comment
          .slice(2, -2)
          .split("\n")
          .map((line) => line.replace(/^\s*\*/, "")),
  );
  return (
    lines
      .map((line) => line.trim())
      .filter((line) => line !== "")
      .join("\n") || null
  );
}

function refusal(origin: string, what: string, hint: string): CleanSlateError {
  return new CleanSlateError("MODELS_INVALID", `${origin}: ${what}`, { hint });
}
