import { CleanSlateError } from "../errors.ts";

/** A part of a report that could not be made. */
export interface Failure {
  readonly error: string;
  readonly hint: string | null;
}

export type Report<T> = T | Failure;

/** Runs `read` and turns what it throws into words: a report says what is missing, it does not fail for it. */
export async function reportOf<T extends object>(read: () => T | Promise<T>): Promise<Report<T>> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof CleanSlateError)) throw error;
    return { error: error.message, hint: error.hint ?? null };
  }
}

export function isFailure(report: object): report is Failure {
  return "error" in report && "hint" in report;
}
