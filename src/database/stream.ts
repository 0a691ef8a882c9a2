import type { CleanSlateError } from "../errors.ts";
import type { BoundStatement } from "../plan/copy-rows.ts";
import type { Rows } from "./database.ts";
import { converse, rowsFromStep, type Conversation, type Result, type Step } from "./hrana.ts";
import { batchOf, serverError } from "./remote.ts";
import type { Primary } from "./target.ts";

/** A connection to a primary that is kept over several round trips, so that a transaction can be. */
export interface Stream {
  /** Runs statements in one round trip, each only if the one before it worked. Throws what the network says, not what they say. */
  run(statements: readonly (string | BoundStatement)[]): Promise<Ran>;
  /** The same for reading; null when the answer would be larger than the server sends. */
  page(statements: readonly string[]): Promise<readonly Rows[] | null>;
  /** Ends it; what was not committed is rolled back. Never throws. */
  close(): Promise<void>;
}

/** What became of statements; `index` is that of the first one that failed, null when the server does not say. */
export type Ran =
  | { readonly kind: "done"; readonly rows: readonly Rows[] }
  | { readonly kind: "failed"; readonly index: number | null; readonly error: CleanSlateError };

/** Opens a stream. With `isSingle` its first round trip is also its last, which spares the one that closes it. */
export function openStream(primary: Primary, { isSingle }: { readonly isSingle: boolean }): Stream {
  let conversation: Conversation = { endpoint: primary.endpoint, baton: null };
  const send = async (statements: readonly (string | BoundStatement)[]): Promise<Result | undefined> => {
    const batch = { type: "batch", batch: { steps: statements.map(stepFrom) } } as const;
    const requests = isSingle ? [batch, { type: "close" } as const] : [batch];
    const { results, next } = await converse(primary, conversation, requests);
    conversation = next;
    return results[0];
  };
  const run = async (statements: readonly (string | BoundStatement)[]): Promise<Ran> =>
    ranFrom(primary, await send(statements));
  return {
    run,
    page: async (statements) => {
      const result = await send(statements);
      if (isTooLarge(result)) return null;
      const ran = ranFrom(primary, result);
      if (ran.kind === "failed") throw ran.error;
      return ran.rows;
    },
    close: async () => {
      if (conversation.baton !== null)
        await converse(primary, conversation, [{ type: "close" }]).catch(() => {});
    },
  };
}

function ranFrom(primary: Primary, result: Result | undefined): Ran {
  if (result?.type === "error")
    return { kind: "failed", index: null, error: serverError(primary, result.error) };
  const { step_errors: errors, step_results: found } = batchOf(primary, result);
  const index = errors.findIndex((error) => error !== null);
  const fault = errors[index];
  if (fault) return { kind: "failed", index, error: serverError(primary, fault) };
  return { kind: "done", rows: found.map(rowsFromStep) };
}

function isTooLarge(result: Result | undefined): boolean {
  const errors = result?.type === "error" ? [result.error] : (result?.response.result?.step_errors ?? []);
  return errors.some((error) => error?.code === "RESPONSE_TOO_LARGE");
}

function stepFrom(statement: string | BoundStatement, index: number): Step {
  const stmt =
    typeof statement === "string"
      ? { sql: statement }
      : {
          sql: statement.sql,
          args: statement.args.map((bytes) => ({
            type: "blob" as const,
            base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64"),
          })),
        };
  return index === 0 ? { stmt } : { stmt, condition: { type: "ok", step: index - 1 } };
}
