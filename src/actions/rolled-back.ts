import type { Outcome } from "../database/database.ts";
import { CleanSlateError, type ErrorCode } from "../errors.ts";
import type { PlannedStatement, Refusal } from "../plan/plan.ts";

/** What a replacement of everything in a database is called. */
export interface Nouns {
  readonly command: string;
  readonly noun: string;
  readonly done: string;
  /** What it does to what is there. */
  readonly drop: string;
  readonly dropped: string;
  readonly failed: ErrorCode;
  /** What to do when a statement that creates something fails. */
  readonly mend: string;
}

/** Ends what is said of a transaction that left nothing. */
export const UNCHANGED = "the database is as it was";

const LOOK = "clean-slate db-info shows what the database holds";

/** What the failure of a guard means, where someone else was at work. */
const REFUSALS: Readonly<Partial<Record<Refusal, { readonly code: ErrorCode; readonly says: string }>>> = {
  schema: {
    code: "DATABASE_CHANGED",
    says: "the schema was changed by someone else after it was shown",
  },
  rows: {
    code: "DATABASE_CHANGED",
    says: "rows were written or deleted by someone else after they were shown",
  },
  protected: {
    code: "DATABASE_PROTECTED",
    says: "the database was protected by someone else after it was shown",
  },
};

/** The error of a transaction of `statements` of which nothing has stayed. */
export function rolledBack(
  nouns: Nouns,
  statements: readonly PlannedStatement[],
  { index, error }: Extract<Outcome, { kind: "rolled-back" }>,
): CleanSlateError {
  const failed = index === null ? undefined : statements[index];
  if (error.code !== "SQL_INVALID") {
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    return new CleanSlateError(error.code, `${error.message}; ${UNCHANGED}`, { cause: error, ...hint });
  }
  const refused = failed?.refusal && REFUSALS[failed.refusal];
  if (refused) {
    const hint =
      refused.code === "DATABASE_PROTECTED"
        ? "clean-slate db-info shows since when and why"
        : `run the command again and read what it would ${nouns.drop} now`;
    return new CleanSlateError(refused.code, `${refused.says}; ${UNCHANGED}`, { cause: error, hint });
  }
  return new CleanSlateError(nouns.failed, failureText(nouns, failed, error), {
    cause: error,
    hint: failed?.role === "create" ? nouns.mend : LOOK,
  });
}

/** A guard says in its own words what does not hold: the database only says that something is no JSON. */
function failureText({ noun }: Nouns, failed: PlannedStatement | undefined, error: CleanSlateError): string {
  if (!failed) return `the ${noun} failed: ${error.message}; ${UNCHANGED}`;
  if (failed.refusal !== null)
    return `the ${noun} failed, as it is not so that ${failed.label}; ${UNCHANGED}`;
  return `cannot ${failed.label}: ${error.message}; ${UNCHANGED}\n\n${failed.sql}\n`;
}
