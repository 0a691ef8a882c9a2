import { hash } from "node:crypto";
import { CleanSlateError } from "../errors.ts";
import type { Statement } from "../schema/create.ts";
import { isEngineObject } from "../schema/engine-objects.ts";
import { memoize } from "../sql/memoize.ts";
import { faultInScript, splitStatements, statementKind, type StatementKind } from "../sql/statements.ts";
import { partsOf, type Unread } from "./known-statements.ts";

export interface MigrationHeader {
  /** Of Clean Slate. */
  readonly version: string;
  /** ISO 8601, UTC. */
  readonly created: string;
  readonly fingerprint: string;
}

const TITLE = "-- Clean Slate migration";

/** Writes the text of a migration file: a header for the reviewer, then one statement after the other. */
export function renderMigration(header: MigrationHeader, statements: readonly Statement[]): string {
  const lines = [
    TITLE,
    `-- version:     ${header.version}`,
    `-- created:     ${header.created}`,
    `-- fingerprint: ${header.fingerprint}`,
    `-- creates:     ${summarize(statements)}`,
    "--",
    "-- This file is for review: apply-migration drops every object first, then creates what stands here.",
  ];
  return `${lines.join("\n")}\n\n${renderStatements(statements)}`;
}

/** Statements as a script: a blank line before every table, view and trigger, indexes close to their table. */
export const renderStatements = memoize(
  (statements: readonly Statement[]): string =>
    statements
      .map(({ sql, kind, comment }, index) => {
        const gap = index > 0 && kind !== "index" ? "\n" : "";
        return `${gap}${commentLines(comment)}${sql};\n`;
      })
      .join(""),
  new WeakMap<readonly Statement[], string>(),
);

/** Stands for statements as {@link renderMigration} writes them. */
export function scriptHash(statements: readonly Statement[]): string {
  return hash("sha256", renderStatements(statements), "base64url");
}

/** Whether a migration file holds, after its header, the script of this hash and nothing else. */
export function holdsScript(text: string, script: string): boolean {
  const start = text.indexOf("\n\n") + 2;
  return hash("sha256", text.slice(start), "base64url") === script;
}

function commentLines(comment: string | null): string {
  return comment === null ? "" : comment.replaceAll(/^/gm, "-- ") + "\n";
}

/** For instance `6 tables, 9 indexes, 1 view`. */
export function summarize(statements: readonly Pick<Statement, "kind">[]): string {
  const kinds = ["table", "index", "virtual table", "view", "trigger"] as const;
  const counts = kinds.map((kind) =>
    plural(statements.filter((statement) => statement.kind === kind).length, kind),
  );
  return counts.filter((text) => text !== null).join(", ") || "nothing";
}

function plural(count: number, noun: string): string | null {
  if (count === 0) return null;
  return `${count} ${count === 1 ? noun : noun === "index" ? "indexes" : `${noun}s`}`;
}

/** The fingerprint a migration file carries, or null when it is not one of ours. */
export function fingerprintInHeader(text: string): string | null {
  if (!text.startsWith(TITLE)) return null;
  return /^-- fingerprint: +([0-9a-f]{16})\s*$/m.exec(text)?.[1] ?? null;
}

/**
 * Reads a migration file back. What stands in it as one of the `known` statements is written is not read to the letter again. Throws
 * MIGRATION_INVALID, naming the line, for anything that is not a CREATE of ours.
 */
export function parseMigration(name: string, text: string, known: readonly Statement[] = []): Statement[] {
  if (fingerprintInHeader(text) === null) {
    throw new CleanSlateError(
      "MIGRATION_INVALID",
      `"${name}" is not a migration of Clean Slate: its header is missing`,
      {
        hint: "clean-slate generate-migration writes one",
      },
    );
  }
  const parts = partsOf(text, known);
  for (const part of parts) if (!("statement" in part)) refuseFault(name, text, part);
  const statements = parts.flatMap((part) =>
    "statement" in part ? part.statement : readPart(name, text, part),
  );
  if (statements.length > 0) return statements;
  throw new CleanSlateError("MIGRATION_INVALID", `"${name}" creates nothing`, {
    hint: "clean-slate generate-migration writes a file that does",
  });
}

function refuseFault(name: string, text: string, { start, end }: Unread): void {
  const fault = faultInScript(text.slice(start, end));
  if (fault === null) return;
  throw new CleanSlateError(
    "MIGRATION_INVALID",
    `"${name}", line ${linesBefore(text, start) + fault.line}: ${fault.says}`,
    { hint: fault.hint },
  );
}

function readPart(name: string, text: string, { start, end }: Unread): Statement[] {
  return splitStatements(text.slice(start, end)).map(({ sql, line }) =>
    createStatement(name, sql, () => linesBefore(text, start) + line),
  );
}

function linesBefore(text: string, at: number): number {
  return text.slice(0, at).split("\n").length - 1;
}

function createStatement(file: string, sql: string, line: () => number): Statement {
  const kind = statementKind(sql);
  if (kind.verb === "CREATE" && !kind.temporary && !isEngineObject(kind.name)) {
    const object = kind.object.toLowerCase() as Statement["kind"];
    return { sql, kind: object, name: kind.name, table: null, comment: null };
  }
  throw new CleanSlateError("MIGRATION_INVALID", `"${file}", line ${line()}: ${refusal(kind, sql)}`, {
    hint: "take the statement out, or write a new file with generate-migration",
  });
}

function refusal(kind: StatementKind, sql: string): string {
  if (kind.verb === "CREATE" && !kind.temporary)
    return `the name "${kind.name}" belongs to the engine, a platform or Clean Slate itself`;
  const what =
    kind.verb === "CREATE" ? "CREATE TEMPORARY" : kind.verb === "OTHER" ? sql.slice(0, 40) : kind.verb;
  return `${what} has no place in a migration, only CREATE has`;
}
