import { createServer, type Server } from "node:http";
import { describe, expect, test } from "vitest";
import { openRemote } from "../../../src/database/remote.ts";
import { openStream } from "../../../src/database/stream.ts";
import { primaryFromUrl } from "../../../src/database/target.ts";
import { close, listen } from "../../support/http.ts";

const EMPTY = { cols: [], rows: [] };

/** What a primary's transaction of one statement comes to when a server answers its steps so: six of them, COMMIT the fourth, before the reads. */
async function outcomeOf(
  results: readonly (object | null)[],
  errors: readonly (object | null)[],
  reads: readonly string[] = [],
) {
  const batch = { step_results: results, step_errors: errors };
  const answer = JSON.stringify({
    results: [
      { type: "ok", response: { type: "batch", result: batch } },
      { type: "ok", response: { type: "close" } },
    ],
  });
  const server = createServer((_request, response) => response.end(answer));
  const port = await listen(server);
  try {
    const database = openRemote(primaryFromUrl(`http://127.0.0.1:${port}`, null, 5000));
    return await database.transact(["CREATE TABLE t (a)"], reads);
  } finally {
    await close(server);
  }
}

describe("a transaction on a primary", () => {
  const refused = { message: "unsupported statement: PRAGMA", code: "SQLITE_AUTH" };

  test("is committed when its COMMIT was, though the pragma before it was refused", async () => {
    const results = [null, EMPTY, EMPTY, EMPTY, null, EMPTY];
    const outcome = await outcomeOf(results, [refused, null, null, null, null, null]);
    expect(outcome).toMatchObject({ kind: "committed" });
  });

  test("is committed when its COMMIT was, though the pragma after it was refused too", async () => {
    const results = [null, EMPTY, EMPTY, EMPTY, null, null, EMPTY];
    const errors = [refused, null, null, null, null, refused, null];
    expect(await outcomeOf(results, errors, ["SELECT 1"])).toMatchObject({ kind: "committed", reads: [[]] });
  });

  test("is unknown when what was to be read after its COMMIT was not", async () => {
    const results = [EMPTY, EMPTY, EMPTY, EMPTY, null, EMPTY, null];
    const errors = [null, null, null, null, null, null, { message: "too large" }];
    const outcome = await outcomeOf(results, errors, ["SELECT 1"]);
    expect(outcome).toEqual({ kind: "committed", reads: null });
  });

  test("is rolled back, with the statement named, when a statement failed", async () => {
    const fault = { message: "SQLite error: table t already exists", code: "SQLITE_ERROR" };
    const outcome = await outcomeOf(
      [EMPTY, EMPTY, null, null, EMPTY, EMPTY],
      [null, null, fault, null, null, null],
    );
    expect(outcome).toMatchObject({
      kind: "rolled-back",
      index: 0,
      error: { message: "table t already exists" },
    });
  });

  test("is unknown when nothing failed and nothing was committed", async () => {
    const none = [null, null, null, null, null, null];
    expect(await outcomeOf([EMPTY, EMPTY, EMPTY, null, null, null], none)).toMatchObject({ kind: "unknown" });
  });
});

/** Answers a batch of one statement with a row of how many requests have come, and says where the next one is to go. */
function countingServer(base: string): Server {
  let heard = 0;
  return createServer((request, response) => {
    request.resume();
    heard += 1;
    const rows = [[{ type: "integer", value: String(heard) }]];
    const result = { step_results: [{ cols: [{ name: "n" }], rows }], step_errors: [null] };
    const results = [{ type: "ok", response: { type: "batch", result } }];
    response.end(JSON.stringify({ baton: "b", base_url: base, results }));
  });
}

test.each(["wss://127.0.0.1:1", "libsql://127.0.0.1", "elsewhere", "http://exa mple", "http://127.0.0.1:0"])(
  "a stream that is to go on at %s goes on where it is",
  async (base) => {
    const server = countingServer(base);
    const port = await listen(server);
    const stream = openStream(primaryFromUrl(`http://127.0.0.1:${port}`, null, 5000), { isSingle: false });
    try {
      expect(await stream.page(["SELECT 1"])).toEqual([[{ n: 1 }]]);
      expect(await stream.page(["SELECT 1"])).toEqual([[{ n: 2 }]]);
    } finally {
      await stream.close();
      await close(server);
    }
  },
);

test("an error that says nothing is no answer of libSQL", async () => {
  const answer = '{ "results": [{ "type": "error" }, { "type": "ok" }] }';
  const server = createServer((_request, response) => response.end(answer));
  const port = await listen(server);
  try {
    const database = openRemote(primaryFromUrl(`http://127.0.0.1:${port}`, null, 5000));
    await expect(database.read(["SELECT 1"])).rejects.toMatchObject({ code: "SERVER_FAILED" });
  } finally {
    await close(server);
  }
});
