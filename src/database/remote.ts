import { CleanSlateError } from "../errors.ts";
import type { Database, Outcome } from "./database.ts";
import {
  rowsFromStep,
  sendPipeline,
  type BatchResult,
  type Condition,
  type HranaError,
  type Request,
  type Result,
  type Step,
} from "./hrana.ts";
import { mayHaveBeenSent, redact } from "./network-failure.ts";
import type { Primary } from "./target.ts";

/** Opens a primary over HTTP. Nothing is sent before the first read. */
export function openRemote(primary: Primary): Database {
  return {
    read: async (statements) => {
      const batch = await runSteps(primary, statements);
      const fault = batch.step_errors.find((error) => error !== null);
      if (fault) throw serverError(primary, fault);
      return batch.step_results.map(rowsFromStep);
    },
    readEach: async (statements) => {
      const { step_results: results } = await runSteps(primary, statements);
      return results.map((step) => (step === null ? null : rowsFromStep(step)));
    },
    transact: (statements, reads) => transactRemote(primary, statements, reads),
    close: () => {},
  };
}

async function runSteps(primary: Primary, statements: readonly string[]): Promise<BatchResult> {
  const [result] = await sendPipeline(primary, [
    { type: "batch", batch: { steps: statements.map((sql) => ({ stmt: { sql } })) } },
  ]);
  return batchOf(primary, result);
}

/** Steps around the statements: foreign keys off, BEGIN, …, COMMIT, ROLLBACK unless committed, foreign keys on, the reads. */
const BEFORE = 2;
const CLOSING = 3;

async function transactRemote(
  primary: Primary,
  statements: readonly string[],
  reads: readonly string[],
): Promise<Outcome> {
  try {
    const [result] = await sendPipeline(primary, [
      { type: "batch", batch: { steps: transactionSteps(statements, reads) } },
    ]);
    if (result?.type === "error") return await refused(primary, statements, result.error);
    return outcomeOf(primary, statements, batchOf(primary, result));
  } catch (error) {
    if (!(error instanceof CleanSlateError)) throw error;
    return mayHaveBeenSent(error) ? { kind: "unknown", error } : { kind: "rolled-back", index: null, error };
  }
}

function transactionSteps(statements: readonly string[], reads: readonly string[]): Step[] {
  const ok = (step: number): Condition => ({ type: "ok", step });
  const commit = statements.length + BEFORE;
  const step = (sql: string, condition?: Condition): Step => ({
    stmt: { sql },
    ...(condition && { condition }),
  });
  return [
    step("PRAGMA foreign_keys=OFF"),
    step("BEGIN IMMEDIATE"),
    ...statements.map((sql, index) => step(sql, ok(index + BEFORE - 1))),
    step("COMMIT", ok(commit - 1)),
    step("ROLLBACK", { type: "not", cond: ok(commit) }),
    step("PRAGMA foreign_keys=ON"),
    ...reads.map((sql) => step(sql, ok(commit))),
  ];
}

/**
 * COMMIT alone decides, and leaves open only what was to be read after it. A server that refuses the pragmas around the transaction
 * runs all the rest: foreign keys are deferred then.
 */
function outcomeOf(primary: Primary, statements: readonly string[], batch: BatchResult): Outcome {
  const commit = statements.length + BEFORE;
  if (batch.step_results[commit]) {
    const firstRead = commit + CLOSING;
    const failedRead = batch.step_errors.slice(firstRead).find((error) => error !== null);
    if (failedRead) return { kind: "committed", reads: null };
    return { kind: "committed", reads: batch.step_results.slice(firstRead).map(rowsFromStep) };
  }
  const [, ...errors] = batch.step_errors;
  const failed = errors.findIndex((error) => error !== null);
  const fault = errors[failed];
  if (!fault) return { kind: "unknown", error: noBatch(primary) };
  const index = failed + 1 - BEFORE;
  const error = serverError(primary, fault);
  return { kind: "rolled-back", index: index >= 0 && index < statements.length ? index : null, error };
}

/**
 * The server parses a whole batch before it runs any of it, and does not say which statement it refuses: asks again, one by one.
 * Where it refuses none, it may have run them all, and what was read after the commit was more than it answers.
 */
async function refused(primary: Primary, statements: readonly string[], fault: HranaError): Promise<Outcome> {
  const error = serverError(primary, fault);
  const found = await findRefused(primary, statements).catch(() => null);
  return found ? { kind: "rolled-back", index: found.index, error } : { kind: "unknown", error };
}

/** A statement the server does not understand. */
export interface Refused {
  readonly index: number;
  readonly error: CleanSlateError;
}

/** Finds the first statement the server's parser, which knows less than SQLite, refuses: in one round trip, without running any. */
export async function findRefused(primary: Primary, statements: readonly string[]): Promise<Refused | null> {
  const results = await sendPipeline(primary, statements.map(parseOnly));
  const index = results.findIndex((result) => result.type === "error");
  const result = results[index];
  return result?.type === "error" ? { index, error: serverError(primary, result.error) } : null;
}

/** A batch whose second step is parsed and never run. (A `describe` would be answered by another parser.) */
function parseOnly(sql: string): Request {
  const never: Condition = { type: "not", cond: { type: "ok", step: 0 } };
  return {
    type: "batch",
    batch: { steps: [{ stmt: { sql: "SELECT 1" } }, { stmt: { sql }, condition: never }] },
  };
}

/** The results of a batch. Throws what the server said instead. */
export function batchOf(primary: Primary, result: Result | undefined): BatchResult {
  if (result?.type === "error") throw serverError(primary, result.error);
  const batch = result?.response.result;
  if (batch?.step_results) return batch;
  throw noBatch(primary);
}

function noBatch(primary: Primary): CleanSlateError {
  return new CleanSlateError("SERVER_FAILED", `${primary.host} answered a batch with something else`, {
    hint: "check that the address is a libSQL server",
  });
}

/** What the database said about a statement, in its own words. */
export function serverError(primary: Primary, { message, code }: HranaError): CleanSlateError {
  const said = redact(message, primary).replace(
    /^(?:SQLite error|SQL input error|SQL string could not be parsed): /,
    "",
  );
  if (code === "SQLITE_BUSY" || code === "TRANSACTION_TIMEOUT") {
    return new CleanSlateError("DATABASE_BUSY", `${primary.host}: ${said}`, {
      hint: "another writer holds the database; run the command again",
    });
  }
  if (code?.startsWith("AUTH") || /write permission/i.test(said)) {
    return new CleanSlateError("AUTH_READ_ONLY", `${primary.host} does not let this token write: ${said}`, {
      hint: "make a token that may write: turso db tokens create <database>",
    });
  }
  return new CleanSlateError("SQL_INVALID", said);
}
