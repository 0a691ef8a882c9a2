import type { BoundStatement } from "../plan/copy-rows.ts";
import type { Rows } from "./database.ts";
import { converse, rowsFromStep, type Conversation, type Step } from "./hrana.ts";
import { batchOf, serverError } from "./remote.ts";
import type { Primary } from "./target.ts";

/** A connection to a primary that is kept over several round trips, so that a transaction can be. */
export interface Stream {
  /** Runs statements in one round trip, each only if the one before it worked. Throws what the first failing one said. */
  run(statements: readonly (string | BoundStatement)[]): Promise<readonly Rows[]>;
  /** The same for reading; null when the answer would be larger than the server sends. */
  page(statements: readonly string[]): Promise<readonly Rows[] | null>;
  /** Ends it; what was not committed is rolled back. Never throws. */
  close(): Promise<void>;
}

/** Opens a stream. With `isSingle` its first round trip is also its last, which spares the one that closes it. */
export function openStream(primary: Primary, { isSingle }: { readonly isSingle: boolean }): Stream {
  let conversation: Conversation = { endpoint: primary.endpoint, baton: null };
  const send = async (statements: readonly (string | BoundStatement)[]): Promise<readonly Rows[] | null> => {
    const batch = { type: "batch", batch: { steps: statements.map(stepFrom) } } as const;
    const { results, next } = await converse(primary, conversation, [
      batch,
      ...(isSingle ? [{ type: "close" } as const] : []),
    ]);
    conversation = next;
    const [result] = results;
    if (result?.type === "error" && result.error.code === "RESPONSE_TOO_LARGE") return null;
    const { step_errors: errors, step_results: found } = batchOf(primary, result);
    const fault = errors.find((error) => error !== null);
    if (fault?.code === "RESPONSE_TOO_LARGE") return null;
    if (fault) throw serverError(primary, fault);
    return found.map(rowsFromStep);
  };
  return {
    page: send,
    run: async (statements) => (await send(statements)) ?? [],
    close: async () => {
      if (conversation.baton !== null)
        await converse(primary, conversation, [{ type: "close" }]).catch(() => {});
    },
  };
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
