import { CleanSlateError } from "../errors.ts";
import { boundLength, insertStatements, type BoundStatement } from "../plan/copy-rows.ts";
import type { RestorePlan } from "../plan/restore.ts";
import { contentHashOf, createContentHash, type ContentHash } from "./content-hash.ts";
import { requireUtf8 } from "./copied-state.ts";
import type { Database, Outcome } from "./database.ts";
import { openLocal } from "./local.ts";
import { mayHaveBeenSent } from "./network-failure.ts";
import { LOCAL, readTables } from "./read-tables.ts";
import { openStream, type Stream } from "./stream.ts";
import type { Primary } from "./target.ts";

export interface RemoteRestore {
  /** The backup's SQLite file. */
  readonly source: string;
  readonly plan: RestorePlan;
  /** Run after the commit. */
  readonly reads: readonly string[];
  readonly onProgress: (message: string) => void;
}

/** Characters and bytes sent in one round trip, where there is more than that. */
const REQUEST_LENGTH = 4_000_000;

/**
 * Replaces the content of a primary in one transaction over as many round trips as the rows need, reads all of it back inside that
 * transaction, and commits only when it equals the backup. The transaction holds the write lock meanwhile: libSQL rolls it back
 * after 5 seconds when another writer waits.
 */
export async function restoreRemote(primary: Primary, restore: RemoteRestore): Promise<Outcome> {
  const stream = openStream(primary, { isSingle: false });
  const file = openLocal(restore.source);
  const sent = createContentHash();
  try {
    const failure = await sendRows(stream, restore.plan, requestsOf(file, sent, restore));
    if (failure) return failure;
    restore.onProgress("reading the rows back");
    const pages = readTables((queries) => stream.page(queries), restore.plan.tables, {
      first: 500,
      together: 100,
    });
    if ((await contentHashOf(pages)).digest() === sent.digest()) return await commit(stream, restore.reads);
    return rolledBack(
      new CleanSlateError("RESTORE_FAILED", "what the primary holds is not what the backup holds", {
        hint: "run the command again; if it stays so, please report it",
      }),
    );
  } catch (error) {
    if (!(error instanceof CleanSlateError)) throw error;
    return rolledBack(error);
  } finally {
    file.close();
    await stream.close();
  }
}

/** Before COMMIT was sent nothing can have been committed, whatever went wrong: the server rolls back what its stream leaves. */
function rolledBack(error: CleanSlateError, index: number | null = null): Outcome {
  return { kind: "rolled-back", index, error };
}

const CLOSING = ["COMMIT", "PRAGMA foreign_keys=ON"];

/** What fails after COMMIT leaves open only what was to be read. */
async function commit(stream: Stream, reads: readonly string[]): Promise<Outcome> {
  try {
    const ran = await stream.run([...CLOSING, ...reads]);
    if (ran.kind === "done") return { kind: "committed", reads: ran.rows.slice(CLOSING.length) };
    return ran.index === 0 ? rolledBack(ran.error) : { kind: "unknown", error: ran.error };
  } catch (error) {
    if (!(error instanceof CleanSlateError)) throw error;
    return mayHaveBeenSent(error) ? { kind: "unknown", error } : rolledBack(error);
  }
}

type Requests = AsyncIterable<readonly (string | BoundStatement)[]>;

const OPENING = ["PRAGMA foreign_keys=OFF", "BEGIN IMMEDIATE"];

/** Null when all went well. The index of a failure is that of a statement the plan runs before the rows. */
async function sendRows(stream: Stream, plan: RestorePlan, requests: Requests): Promise<Outcome | null> {
  let isFirst = true;
  for await (const request of requests) {
    const ran = await stream.run(request);
    if (ran.kind === "failed") {
      const index = isFirst && ran.index !== null ? ran.index - OPENING.length : -1;
      return rolledBack(ran.error, index >= 0 && index < plan.before.length ? index : null);
    }
    isFirst = false;
  }
  return null;
}

/** Everything that is sent, in requests of bounded size. */
async function* requestsOf(
  file: Database,
  sent: ContentHash,
  { plan, onProgress }: RemoteRestore,
): AsyncGenerator<readonly (string | BoundStatement)[]> {
  const [encoding] = await file.read(["SELECT encoding FROM pragma_encoding"]);
  requireUtf8(String(encoding?.[0]?.["encoding"]));
  let request: (string | BoundStatement)[] = [...OPENING, ...plan.before.map(({ sql }) => sql)];
  let length = 0;
  let bytes = 0;
  for await (const page of readTables((queries) => file.read(queries), plan.tables, LOCAL)) {
    sent.add(page);
    for (const statement of insertStatements(page)) {
      const size = statement.sql.length + boundLength(statement.args) * 1.4;
      if (length > 0 && length + size > REQUEST_LENGTH) {
        yield request;
        [request, length] = [[], 0];
        onProgress(`restoring: ${(bytes / 1_000_000).toFixed(1)} MB`);
      }
      request.push(statement);
      length += size;
      bytes += size;
    }
  }
  yield [...request, ...plan.after.map(({ sql }) => sql)];
}
