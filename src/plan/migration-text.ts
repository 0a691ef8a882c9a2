import { CleanSlateError } from "../errors.ts";
import type { Statement } from "../schema/create.ts";
import { splitStatements, statementKind } from "../sql/statements.ts";

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
export function renderStatements(statements: readonly Statement[]): string {
  return statements
    .map(({ sql, kind, comment }, index) => {
      const gap = index > 0 && kind !== "index" ? "\n" : "";
      return `${gap}${comment === null ? "" : `-- ${comment}\n`}${sql};\n`;
    })
    .join("");
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

/** Reads a migration file back. Throws MIGRATION_INVALID, naming the line, for anything that is not a CREATE of ours. */
export function parseMigration(name: string, text: string): Statement[] {
  if (fingerprintInHeader(text) === null) {
    throw new CleanSlateError(
      "MIGRATION_INVALID",
      `"${name}" is not a migration of Clean Slate: its header is missing`,
      {
        hint: "clean-slate generate-migration writes one",
      },
    );
  }
  return splitStatements(text).map(({ sql, line }) => {
    const kind = statementKind(sql);
    if (kind.verb === "CREATE" && !kind.temporary) {
      const object = kind.object.toLowerCase() as Statement["kind"];
      return { sql, kind: object, name: kind.name, table: null, comment: null };
    }
    const what =
      kind.verb === "CREATE" ? "CREATE TEMPORARY" : kind.verb === "OTHER" ? sql.slice(0, 40) : kind.verb;
    throw new CleanSlateError(
      "MIGRATION_INVALID",
      `"${name}", line ${line}: ${what} has no place in a migration, only CREATE has`,
      {
        hint: "take the statement out, or write a new file with generate-migration",
      },
    );
  });
}
