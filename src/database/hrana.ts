import { setImmediate } from "node:timers/promises";
import { CleanSlateError } from "../errors.ts";
import { post, textOf } from "./http.ts";
import { failureFromResponse } from "./network-failure.ts";
import type { Rows, Value } from "./database.ts";
import type { Primary } from "./target.ts";

/**
 * The part of Hrana over HTTP (https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_2_SPEC.md) a rebuild needs. The
 * HTTP client of @libsql/client hides the server's own words, the step that failed, and what follows a COMMIT.
 */
export type Request =
  | { readonly type: "batch"; readonly batch: { readonly steps: readonly Step[] } }
  | { readonly type: "close" };

export interface Step {
  readonly stmt: { readonly sql: string; readonly args?: readonly WireValue[] };
  readonly condition?: Condition;
}

export type Condition =
  | { readonly type: "ok"; readonly step: number }
  | { readonly type: "not"; readonly cond: Condition };

export interface HranaError {
  readonly message: string;
  readonly code?: string;
}

export type Result =
  | { readonly type: "ok"; readonly response: { readonly type: string; readonly result?: BatchResult } }
  | { readonly type: "error"; readonly error: HranaError };

export interface BatchResult {
  readonly step_results: readonly (StepResult | null)[];
  readonly step_errors: readonly (HranaError | null)[];
}

interface StepResult {
  readonly cols: readonly { readonly name: string | null }[];
  readonly rows: readonly (readonly WireValue[])[];
}

export interface WireValue {
  readonly type: "null" | "integer" | "float" | "text" | "blob";
  readonly value?: string | number;
  readonly base64?: string;
}

/** One conversation with the server. Before the first answer, and after a `close`, it has no baton. */
export interface Conversation {
  readonly endpoint: string;
  readonly baton: string | null;
}

interface Answer {
  readonly results: readonly Result[];
  readonly next: Conversation;
}

/** Sends `requests` over one stream: one round trip. Throws an error that says whether the server can have seen them. */
export async function sendPipeline(
  primary: Primary,
  requests: readonly Request[],
): Promise<readonly Result[]> {
  const start = { endpoint: primary.endpoint, baton: null };
  const { results } = await converse(primary, start, [...requests, { type: "close" }]);
  return results.slice(0, requests.length);
}

/** The same in a conversation that may go on: its transaction stays open between round trips, for about 10 seconds. */
export async function converse(
  primary: Primary,
  { endpoint, baton }: Conversation,
  requests: readonly Request[],
): Promise<Answer> {
  const answer = await post(primary, `${endpoint}/v2/pipeline`, {
    body: JSON.stringify({ baton, requests }),
    type: "application/json",
    signal: AbortSignal.timeout(primary.timeout),
  });
  const text = await textOf(answer);
  await settled();
  const body = parseBody(text);
  const results = body?.results ?? [];
  if (answer.status !== 200 || !body || !isWhole(results, requests))
    throw failureFromResponse(primary, answer.status, typeof body?.error === "string" ? body.error : text);
  const next = { endpoint: sticky(endpoint, body.base_url), baton: body.baton ?? null };
  return { results, next };
}

/** A connection is free again a turn later; a request made at once would open, and shake hands on, one more. */
export const settled = (): Promise<void> => setImmediate();

/** Whether every request has its result, and every step of a batch too: an answer with less would pass for an empty database. */
function isWhole(results: readonly Partial<Result>[], requests: readonly Request[]): boolean {
  return requests.every((request, index) => {
    const result = results[index];
    if (result?.type === "error") return typeof result.error?.message === "string";
    if (result?.type !== "ok" || request.type !== "batch") return result?.type === "ok";
    const count = request.batch.steps.length;
    const { step_results: rows, step_errors: errors } = result.response?.result ?? {};
    return rows?.length === count && errors?.length === count;
  });
}

/** A server may name the instance that keeps the stream; the token goes there only when that is no less safe. */
function sticky(endpoint: string, url: string | null | undefined): string {
  if (typeof url !== "string" || !URL.canParse(url)) return endpoint;
  const { protocol, port } = new URL(url);
  const isSafe = protocol === "https:" || (protocol === "http:" && endpoint.startsWith("http://"));
  return isSafe && port !== "0" ? url.replace(/\/$/, "") : endpoint;
}

interface Body {
  readonly results?: readonly Result[];
  readonly baton?: string | null;
  readonly base_url?: string | null;
  readonly error?: string;
}

function parseBody(text: string): Body | null {
  try {
    return JSON.parse(text) as Body | null;
  } catch {
    return null;
  }
}

/** Rows of one step, keyed by column name. */
export function rowsFromStep(step: StepResult | null | undefined): Rows {
  if (!step) return [];
  const columns = step.cols.map(({ name }, index) => name ?? String(index));
  return step.rows.map((row) => rowFrom(columns, row.map(decode)));
}

/** A row of these values; a loop, because there are thousands. */
export function rowFrom(columns: readonly string[], values: readonly Value[]): Rows[number] {
  const row: Record<string, Value> = {};
  for (let index = 0; index < values.length; index++) row[columns[index] ?? index] = values[index] ?? null;
  return row;
}

function decode({ type, value, base64 }: WireValue): Value {
  switch (type) {
    case "null":
      return null;
    case "integer":
      return fitting(BigInt(value ?? 0));
    case "float":
      return Number(value);
    case "text":
      return String(value);
    case "blob":
      return Buffer.from(base64 ?? "", "base64");
    default:
      throw new CleanSlateError(
        "SERVER_FAILED",
        `the primary sent a value of the unknown type "${String(type)}"`,
        { hint: "check that TURSO_DATABASE_URL names a libSQL server, then look for a newer Clean Slate" },
      );
  }
}

/** An integer, as a number where that is exact. */
export function fitting(exact: bigint): Value {
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
}
