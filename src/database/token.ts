import { CleanSlateError } from "../errors.ts";

/** What a Turso token says of itself; nothing here is verified. */
export interface TokenClaims {
  readonly algorithm: string;
  /** ISO 8601; null when the token does not say. */
  readonly issuedAt: string | null;
  /** ISO 8601; null when it never expires. */
  readonly expiresAt: string | null;
  readonly isExpired: boolean;
  /** libSQL takes a token without an access claim as read-write. */
  readonly access: "read-only" | "read-write";
  /** Databases or namespaces it is limited to; empty when it names none. */
  readonly scope: readonly string[];
}

/** Decodes a JSON Web Token (https://www.rfc-editor.org/rfc/rfc7519). Throws AUTH_REJECTED when it is none; never repeats any part of it. */
export function decodeToken(token: string, now: Date): TokenClaims {
  const [header, payload, signature] = token.split(".");
  const { alg } = decodePart(header);
  const claims = decodePart(payload);
  if (!signature) throw notToken();
  const expiresAt = timeOf(claims["exp"]);
  return {
    algorithm: typeof alg === "string" ? alg : "unknown",
    issuedAt: timeOf(claims["iat"])?.toISOString() ?? null,
    expiresAt: expiresAt?.toISOString() ?? null,
    isExpired: expiresAt !== null && expiresAt <= now,
    access: claims["a"] === "ro" ? "read-only" : "read-write",
    scope: scopeOf(claims),
  };
}

function decodePart(part: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? "", "base64url").toString("utf8"));
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // said below, without the text
  }
  throw notToken();
}

function notToken(): CleanSlateError {
  return new CleanSlateError(
    "AUTH_REJECTED",
    "TURSO_AUTH_TOKEN is not a token (three parts of base64 with dots between them)",
    {
      hint: "make one with: turso db tokens create <database>",
    },
  );
}

function timeOf(seconds: unknown): Date | null {
  const time = typeof seconds === "number" ? new Date(seconds * 1000) : null;
  return time === null || Number.isNaN(time.getTime()) ? null : time;
}

/** `id` is one database; `p` is Turso's list of permissions by kind and namespace. */
function scopeOf(claims: Record<string, unknown>): string[] {
  const { id, p } = claims;
  const names = JSON.stringify(p ?? {}).match(/"ns":\s*\[([^\]]*)\]/g) ?? [];
  const permitted = names.flatMap((text) =>
    [...text.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? "").filter((name) => name !== "ns"),
  );
  return [...new Set([...(typeof id === "string" ? [id] : []), ...permitted])];
}
