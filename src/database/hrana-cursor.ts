import { CleanSlateError } from "../errors.ts";
import type { Rows } from "./database.ts";
import { post, rowFromWire, settled, type Columns, type HranaError, type WireRow } from "./hrana.ts";
import { failureFromFetch, failureFromResponse } from "./network-failure.ts";
import { serverError } from "./remote.ts";
import type { Primary } from "./target.ts";

/** A row of one of the statements. */
export interface CursorRow {
  /** Index of the statement. */
  readonly step: number;
  readonly row: Rows[number];
}

type Entry =
  | { readonly type: "step_begin"; readonly step: number; readonly cols: Columns }
  | { readonly type: "row"; readonly row: WireRow }
  | { readonly type: "step_end" | "replication_index" }
  | { readonly type: "step_error" | "error"; readonly error: HranaError };

/**
 * Runs statements, each only if the one before it worked, and yields their rows while they come: one round trip however much there
 * is (https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_3_SPEC.md, "Execute a batch using a cursor"). The server forgets
 * the stream by itself. Throws what the network or the server says, also when the last statement was not reached.
 */
export async function* readCursor(
  primary: Primary,
  statements: readonly string[],
): AsyncGenerator<CursorRow> {
  let [step, ended] = [0, 0];
  let cols: Columns = [];
  for await (const entry of entriesOf(primary, statements)) {
    switch (entry.type) {
      case "step_begin":
        ({ step, cols } = entry);
        break;
      case "row":
        yield { step, row: rowFromWire(cols, entry.row) };
        break;
      case "step_end":
        ended += 1;
        break;
      case "step_error":
      case "error":
        throw serverError(primary, entry.error);
      default: // what is not known is not needed
    }
  }
  if (ended < statements.length) throw failureFromResponse(primary, 200, "the answer has no end");
}

async function* entriesOf(primary: Primary, statements: readonly string[]): AsyncGenerator<Entry> {
  const steps = statements.map((sql, index) => ({
    stmt: { sql },
    ...(index > 0 && { condition: { type: "ok", step: index - 1 } }),
  }));
  let isFirst = true;
  for await (const line of linesOf(primary, { baton: null, batch: { steps } })) {
    if (!isFirst) yield parseEntry(primary, line); // the first line tells how the stream goes on, which it does not
    isFirst = false;
  }
}

function parseEntry(primary: Primary, line: string): Entry {
  try {
    return JSON.parse(line) as Entry;
  } catch {
    throw failureFromResponse(primary, 200, line);
  }
}

/** The lines of an answer. It may take as long as it likes, but not be silent for longer than a network step may take. */
async function* linesOf(primary: Primary, body: unknown): AsyncGenerator<string> {
  const controller = new AbortController();
  const silence = new DOMException("nothing came", "TimeoutError");
  const patience = setTimeout(() => controller.abort(silence), primary.timeout);
  try {
    const url = `${primary.endpoint}/v3/cursor`;
    const response = await post(primary, url, { body, signal: controller.signal });
    if (!response.ok) throw failureFromResponse(primary, response.status, await response.text());
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of response.body ?? []) {
      patience.refresh();
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
    if (rest !== "") yield rest;
    await settled();
  } catch (error) {
    throw error instanceof CleanSlateError ? error : failureFromFetch(primary, error);
  } finally {
    clearTimeout(patience);
    controller.abort();
  }
}
