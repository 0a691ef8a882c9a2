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

const UNREACHABLE = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"]);

/** What TLS says before anything can be sent; later faults of it are a broken connection. */
const HANDSHAKE = /CERT|SELF_SIGNED|UNABLE_TO|WRONG_VERSION|HANDSHAKE|PROTOCOL|PACKET_LENGTH/;

/** Takes every trace of the token out of a text. */
export function redact(text: string, { authToken }: Primary): string {
  return authToken === null ? text : text.replaceAll(authToken, "[token]");
}

/** Names why `fetch` itself failed. Its own message is always "fetch failed". */
export function failureFromFetch(primary: Primary, error: unknown): CleanSlateError {
  const { host, timeout } = primary;
  if ((error as Error).name === "TimeoutError") {
    return new CleanSlateError("TIMEOUT", `${host} gave no answer within ${timeout / 1000} s`, {
      hint: "check the network, or allow more with --timeout <seconds>",
    });
  }
  const { code = "", message, syscall } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
  const detail = redact(code || message, primary);
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return new CleanSlateError("DNS_FAILED", `no server is known by the name "${host}" (${detail})`, {
      hint: "check TURSO_DATABASE_URL (turso db show --url <database>) and the network",
    });
  }
  if (message === "bad port") {
    return new CleanSlateError("CONNECTION_REFUSED", `no request may go to ${host} (${detail})`, {
      hint: "check the port in TURSO_DATABASE_URL; it belongs to another protocol (https://fetch.spec.whatwg.org/#port-blocking): let the server listen on another port",
    });
  }
  const isConnected = syscall === "read" || syscall === "write";
  if (!isConnected && UNREACHABLE.has(code)) {
    return new CleanSlateError("CONNECTION_REFUSED", `nothing answers at ${host} (${detail})`, {
      hint: "check the address and port, and that the server runs",
    });
  }
  if (HANDSHAKE.test(code)) {
    return new CleanSlateError("TLS_FAILED", `no safe connection to ${host} (${detail})`, {
      hint: "a server without TLS is written http://host:port; a certificate of your own goes into NODE_EXTRA_CA_CERTS",
    });
  }
  return new CleanSlateError(
    "CONNECTION_LOST",
    `the connection to ${host} broke before its answer came (${detail})`,
    {
      hint: "run the command again",
    },
  );
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
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line || "(no text)";
}
