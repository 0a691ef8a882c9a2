import type { Rows } from "./database.ts";
import { rowFrom, settled } from "./hrana.ts";
import {
  createEntryReader,
  encodeCursorRequest,
  type CursorEntry,
  type EntryReader,
} from "./hrana-protobuf.ts";
import { post, textOf } from "./http.ts";
import { failureFromResponse } from "./network-failure.ts";
import { serverError } from "./remote.ts";
import type { Primary } from "./target.ts";

/** Takes a row of one of the statements, by its index. */
export type OnRow = (step: number, row: Rows[number]) => void;

/**
 * Runs statements, each only if the one before it worked, and hands on their rows while they come: one round trip however much there
 * is (https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_3_SPEC.md, "Execute a batch using a cursor"). In Protobuf bytes
 * come as they are. The server forgets the stream by itself. Throws what the network or the server says, also when the last
 * statement was not reached, and what `onRow` throws.
 */
export async function readCursor(
  primary: Primary,
  statements: readonly string[],
  onRow: OnRow,
): Promise<void> {
  const reader = createEntryReader();
  let [step, ended] = [0, 0];
  let columns: readonly string[] = [];
  for await (const chunk of answer(primary, encodeCursorRequest(statements))) {
    for (const { begin, row, isEnd, error } of entriesIn(primary, reader, chunk)) {
      if (begin) ({ step, columns } = begin);
      if (row) onRow(step, rowFrom(columns, row));
      if (isEnd) ended += 1;
      if (error) throw serverError(primary, error);
    }
  }
  if (ended < statements.length || !reader.isDone())
    throw failureFromResponse(primary, 200, "the answer has no end");
}

function entriesIn(primary: Primary, reader: EntryReader, chunk: Uint8Array): CursorEntry[] {
  try {
    return reader.push(chunk);
  } catch (error) {
    throw failureFromResponse(primary, 200, (error as Error).message);
  }
}

/** The bytes of an answer. It may take as long as it likes, but not be silent for longer than a network step may take. */
async function* answer(primary: Primary, body: Uint8Array): AsyncGenerator<Uint8Array> {
  const controller = new AbortController();
  const silence = new DOMException("nothing came", "TimeoutError");
  const patience = createPatience(primary.timeout, () => controller.abort(silence));
  try {
    const url = `${primary.endpoint}/v3-protobuf/cursor`;
    const message = { body, type: "application/x-protobuf", signal: controller.signal };
    const answered = await post(primary, url, message);
    patience.renew();
    if (answered.status !== 200) throw failureFromResponse(primary, answered.status, await textOf(answered));
    for await (const chunk of answered.body) {
      patience.renew();
      yield chunk;
    }
    await settled();
  } finally {
    patience.end();
    controller.abort();
  }
}

/** Ends when it was not renewed for so many milliseconds; what came while this process was busy is read first. */
function createPatience(milliseconds: number, onEnd: () => void): { renew: () => void; end: () => void } {
  let renewals = 0;
  const timer = setTimeout(() => {
    const before = renewals;
    setImmediate(() => renewals === before && onEnd());
  }, milliseconds);
  return {
    renew: () => {
      renewals += 1;
      timer.refresh();
    },
    end: () => {
      renewals += 1;
      clearTimeout(timer);
    },
  };
}
