import { CleanSlateError } from "../errors.ts";
import { failureFromFetch, failureFromResponse } from "./network-failure.ts";
import type { Rows, Value } from "./database.ts";
import type { Primary } from "./target.ts";

/**
 * The part of Hrana over HTTP (https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_2_SPEC.md) a rebuild needs. The
 * HTTP client of @libsql/client hides the server's own words, the step that failed, and what follows a COMMIT.
 */
export type Request =
  | { readonly type: "batch"; readonly batch: { readonly steps: readonly Step[] } }
  | { readonly type: "describe"; readonly sql: string }
  | { readonly type: "close" };

export interface Step {
  readonly stmt: { readonly sql: string };
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

interface WireValue {
  readonly type: "null" | "integer" | "float" | "text" | "blob";
  readonly value?: string | number;
  readonly base64?: string;
}

/** Sends `requests` over one stream: one round trip. Throws an error that says whether the server can have seen them. */
export async function sendPipeline(
  primary: Primary,
  requests: readonly Request[],
): Promise<readonly Result[]> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${primary.endpoint}/v2/pipeline`, {
      method: "POST",
      redirect: "error",
      headers: {
        "content-type": "application/json",
        ...(primary.authToken !== null && { authorization: `Bearer ${primary.authToken}` }),
      },
      body: JSON.stringify({ baton: null, requests: [...requests, { type: "close" }] }),
      signal: AbortSignal.timeout(primary.timeout),
    });
    text = await response.text();
  } catch (error) {
    throw failureFromFetch(primary, error);
  }
  const body = parseBody(text);
  if (!response.ok || !body?.results)
    throw failureFromResponse(primary, response.status, body?.error ?? text);
  return body.results.slice(0, requests.length);
}

function parseBody(text: string): { results?: readonly Result[]; error?: string } | null {
  try {
    return JSON.parse(text) as { results?: readonly Result[]; error?: string } | null;
  } catch {
    return null;
  }
}

/** Rows of one step, keyed by column name. */
export function rowsFromStep(step: StepResult | null | undefined): Rows {
  if (!step) return [];
  const names = step.cols.map(({ name }, index) => name ?? String(index));
  return step.rows.map((row) => Object.fromEntries(row.map((value, index) => [names[index], decode(value)])));
}

function decode({ type, value, base64 }: WireValue): Value {
  switch (type) {
    case "null":
      return null;
    case "integer": {
      const exact = BigInt(value ?? 0);
      return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
    }
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
      );
  }
}
