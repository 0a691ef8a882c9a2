import { basename } from "node:path";
import { CleanSlateError } from "../errors.ts";

/** A Turso (libSQL) primary and how to speak to it. */
export interface Primary {
  /** `https://host[:port]`, or `http://` where the URL asked for it; never holds a secret. */
  readonly endpoint: string;
  readonly host: string;
  /** What a person calls the database: the first label of a Turso host, the whole host elsewhere. */
  readonly name: string;
  readonly authToken: string | null;
  /** Milliseconds a network step may take. */
  readonly timeout: number;
  /** Ends what is under way, where it may turn out that nobody waits for it any more. */
  readonly signal?: AbortSignal;
}

/** What a command acts on. */
export type Target =
  | { readonly kind: "local"; readonly path: string }
  | { readonly kind: "replica"; readonly path: string; readonly primary: Primary }
  | { readonly kind: "remote"; readonly primary: Primary };

/** What a database is called where its name must be typed: as the primary knows it, or the name of the local file. */
export function databaseName(target: Target): string {
  return target.kind === "local" ? basename(target.path) : target.primary.name;
}

export interface TargetOptions {
  readonly path: string;
  readonly url: string | null;
  readonly authToken: string | null;
  readonly remoteOnly: boolean;
  readonly timeout: number;
}

/** Decides what is acted on. Throws CONFIG_INVALID for an address or a token that cannot be meant. */
export function targetFromOptions({ path, url, authToken, remoteOnly, timeout }: TargetOptions): Target {
  if (url === null) {
    if (!remoteOnly) return { kind: "local", path };
    throw new CleanSlateError(
      "CONFIG_INVALID",
      "--remote-only needs a primary, and TURSO_DATABASE_URL is not set",
      {
        hint: "set TURSO_DATABASE_URL, or leave --remote-only out to work on the local file",
      },
    );
  }
  const primary = primaryFromUrl(url, authToken, timeout);
  return remoteOnly ? { kind: "remote", primary } : { kind: "replica", path, primary };
}

const SCHEMES: Readonly<Record<string, string>> = {
  "libsql:": "https:",
  "https:": "https:",
  "http:": "http:",
  "wss:": "https:",
  "ws:": "http:",
};

/** Reads a primary's address; `?authToken=` and `?tls=0` are understood. The native client aborts on an odd one, so none passes. */
export function primaryFromUrl(text: string, authToken: string | null, timeout: number): Primary {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : null;
  const scheme = url && SCHEMES[url.protocol];
  if (!url || !scheme || !url.hostname)
    throw invalidUrl(url ? `has ${named("the scheme", url.protocol)}` : "is not a URL");
  if (url.port === "0") throw invalidUrl("has the port 0, on which nothing can listen");
  if (url.username || url.password) throw invalidUrl("holds a user name or password");
  if (!["", "/"].includes(url.pathname)) throw invalidUrl(`has ${named("the path", url.pathname)}`);
  const unknown = [...url.searchParams.keys()].filter((name) => name !== "authToken" && name !== "tls");
  if (unknown[0] !== undefined) throw invalidUrl(`has ${named("the parameter", unknown[0])}`);
  if (url.hash) throw invalidUrl('has a part after "#"');
  const isPlain = url.searchParams.get("tls") === "0" && url.protocol === "libsql:";
  return {
    endpoint: `${isPlain ? "http:" : scheme}//${url.host}`,
    host: url.host,
    name: url.hostname.endsWith(".turso.io") ? (url.hostname.split(".")[0] ?? url.host) : url.host,
    authToken: checkToken(authToken ?? url.searchParams.get("authToken")),
    timeout,
  };
}

/** Characters from which on a part of an address is taken for a secret in the wrong place. */
const SECRET_LENGTH = 12;

function named(what: string, part: string): string {
  return part.length < SECRET_LENGTH
    ? `${what} "${part}"`
    : `${what.replace("the", "a")} that is not understood`;
}

/** The address itself stays out of the message: it may hold a secret. */
function invalidUrl(reason: string): CleanSlateError {
  return new CleanSlateError("CONFIG_INVALID", `TURSO_DATABASE_URL ${reason}`, {
    hint: "it looks like libsql://my-database-my-org.turso.io (turso db show --url <database>)",
  });
}

/** A newline in a token aborts the native client; quotes and `Bearer` are refused by the server without saying why. */
function checkToken(token: string | null): string | null {
  const trimmed = token?.trim() ?? "";
  if (trimmed === "") return null;
  const fault = /^bearer\b/i.test(trimmed)
    ? 'starts with "Bearer"'
    : /["'`]/.test(trimmed)
      ? "holds a quote"
      : /[^\x21-\x7E]/.test(trimmed)
        ? "holds white space or a character outside ASCII"
        : null;
  if (!fault) return trimmed;
  throw new CleanSlateError("CONFIG_INVALID", `TURSO_AUTH_TOKEN ${fault}`, {
    hint: "it is the bare token and nothing else (turso db tokens create <database>)",
  });
}
