import { CleanSlateError, type ErrorCode } from "../errors.ts";
import type { Primary } from "./target.ts";

/** Codes after which a transaction may have been committed all the same: the request was on its way. */
const MAYBE_SENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "CONNECTION_LOST",
  "SERVER_FAILED",
  "TIMEOUT",
]);

export function mayHaveBeenSent(error: unknown): boolean {
  return !(error instanceof CleanSlateError) || MAYBE_SENT.has(error.code);
}

/** Takes every trace of the token out of a text. */
export function redact(text: string, { authToken }: Primary): string {
  return authToken === null ? text : text.replaceAll(authToken, "[token]");
}

/** How far a connection has come. Nothing can have been sent before it is open. */
export type Phase = "connecting" | "securing" | "open";

/** Names why no connection came about. */
export function failureFromConnecting(
  primary: Primary,
  phase: Exclude<Phase, "open">,
  error: unknown,
): CleanSlateError {
  const { host } = primary;
  const detail = isTimeout(error) ? "no answer" : detailOf(primary, error);
  if (detail === "ENOTFOUND" || detail === "EAI_AGAIN") {
    return new CleanSlateError("DNS_FAILED", `no server is known by the name "${host}" (${detail})`, {
      hint: "check TURSO_DATABASE_URL (turso db show --url <database>) and the network",
    });
  }
  if (phase === "securing") {
    return new CleanSlateError("TLS_FAILED", `no safe connection to ${host} (${detail})`, {
      hint: "a server without TLS is written http://host:port; a certificate of your own goes into NODE_EXTRA_CA_CERTS",
    });
  }
  return new CleanSlateError("CONNECTION_REFUSED", `nothing answers at ${host} (${detail})`, {
    hint: "check the address and port, and that the server runs",
  });
}

/** Names why an open connection brought no answer, or not all of it. */
export function failureFromConnection(primary: Primary, error: unknown): CleanSlateError {
  const { host, timeout } = primary;
  if (isTimeout(error)) {
    return new CleanSlateError("TIMEOUT", `${host} gave no answer within ${timeout / 1000} s`, {
      hint: "check the network, or allow more with --timeout <seconds>",
    });
  }
  const lost = `the connection to ${host} broke before its answer came (${detailOf(primary, error)})`;
  return new CleanSlateError("CONNECTION_LOST", lost, { hint: "run the command again" });
}

function isTimeout(error: unknown): boolean {
  return (error as Error).name === "TimeoutError";
}

function detailOf(primary: Primary, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return redact(code ?? message, primary);
}

/** Names why the server refused. `body` is its own text, or the page something else sent. */
export function failureFromResponse(primary: Primary, status: number, body: string): CleanSlateError {
  const said = firstLine(redact(body, primary)); // a token that is cut off is not found any more
  const { host } = primary;
  if (status === 401) return unauthorized(primary, said);
  if (status === 403) {
    return new CleanSlateError("AUTH_READ_ONLY", `${host} does not let this token write: ${said}`, {
      hint: "make a token that may write: turso db tokens create <database>",
    });
  }
  if (status === 404) {
    return new CleanSlateError("DATABASE_NOT_FOUND", `${host} knows no such database: ${said}`, {
      hint: "check TURSO_DATABASE_URL (turso db list)",
    });
  }
  const reason =
    status >= 200 && status < 300 ? "something that is not libSQL's answer" : `HTTP status ${status}`;
  return new CleanSlateError("SERVER_FAILED", `${host} answered with ${reason}: ${said}`, {
    hint:
      status === 429
        ? "wait a moment, then run the command again"
        : "check that the address is a libSQL server, then run the command again",
  });
}

function unauthorized(primary: Primary, said: string): CleanSlateError {
  const { host } = primary;
  const hint = "make a new token and put it into TURSO_AUTH_TOKEN: turso db tokens create <database>";
  if (primary.authToken === null) {
    return new CleanSlateError("AUTH_MISSING", `${host} wants a token, and TURSO_AUTH_TOKEN is not set`, {
      hint,
    });
  }
  if (/expired/i.test(said))
    return new CleanSlateError("AUTH_EXPIRED", `the token for ${host} has expired: ${said}`, { hint });
  return new CleanSlateError("AUTH_REJECTED", `${host} does not accept the token: ${said}`, { hint });
}

function firstLine(text: string): string {
  const line = text
    .slice(0, 10_000)
    .replaceAll(/\p{Cc}/gu, " ") // which a terminal would obey
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line || "(no text)";
}
