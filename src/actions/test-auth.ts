import { openRemote } from "../database/remote.ts";
import { decodeToken, type TokenClaims } from "../database/token.ts";
import { primaryFromUrl, type Primary } from "../database/target.ts";
import { CleanSlateError } from "../errors.ts";
import type { Deps } from "./deps.ts";
import { isFailure, reportOf, type Report } from "./report.ts";

export interface AuthReport {
  readonly host: string;
  /** What the token says of itself, unverified; null without a token. */
  readonly claims: Report<TokenClaims> | null;
  /** Milliseconds of one round trip; a failure when the primary cannot be reached or does not let us in. */
  readonly read: Report<{ readonly latency: number }>;
  readonly write: Report<{ readonly isAllowed: true }> | null;
  /** What the token says against what the primary does, in words; empty when they agree. */
  readonly contradictions: readonly string[];
  /** Whether a rebuild would be let in. */
  readonly isGood: boolean;
}

/** Tries the token on the primary: decoded, read with, written with (and rolled back). Throws when there is no usable URL. */
export async function testAuth({ config, now, progress }: Deps): Promise<AuthReport> {
  if (config.url === null) {
    throw new CleanSlateError(
      "CONFIG_INVALID",
      "TURSO_DATABASE_URL is not set: there is no primary to try the token on",
      {
        hint: "put TURSO_DATABASE_URL and TURSO_AUTH_TOKEN into .env (see .env.example)",
      },
    );
  }
  const primary = primaryFromUrl(config.url.value, config.authToken?.value ?? null, config.timeout.value);
  progress(`trying the token on ${primary.host}`);
  const { authToken } = primary;
  const claims = authToken === null ? null : await reportOf(() => decodeToken(authToken, now()));
  const read = await reportOf(() => tryReading(primary));
  const write = isFailure(read) ? null : await reportOf(() => tryWriting(primary));
  const isGood = write !== null && !isFailure(write);
  const contradictions =
    claims === null || isFailure(claims) ? [] : contradictionsBetween(claims, { read, write });
  return { host: primary.host, claims, read, write, contradictions, isGood };
}

async function tryReading(primary: Primary): Promise<{ latency: number }> {
  const start = performance.now();
  await openRemote(primary).read(["SELECT 1"]);
  return { latency: Math.round(performance.now() - start) };
}

/** A table is made and rolled back in the same transaction: a read-only token is refused, and no trace stays. */
async function tryWriting(primary: Primary): Promise<{ isAllowed: true }> {
  const outcome = await openRemote(primary).transact(PROBE, []);
  if (outcome.kind === "committed")
    throw new CleanSlateError("SERVER_FAILED", `${primary.host} committed a transaction that must fail`, {
      hint: "check that TURSO_DATABASE_URL names a libSQL server; a table _clean_slate_probe may have stayed there",
    });
  if (outcome.kind === "rolled-back" && outcome.index === PROBE.length - 1) return { isAllowed: true };
  throw outcome.error;
}

const PROBE: readonly string[] = [
  `CREATE TABLE "_clean_slate_probe" ("probe" TEXT)`,
  "SELECT json('this rolls the probe back')",
];

function contradictionsBetween(
  claims: TokenClaims,
  { read, write }: Pick<AuthReport, "read" | "write">,
): string[] {
  const isIn = !isFailure(read);
  const mayWrite = write !== null && !isFailure(write);
  return [
    claims.isExpired &&
      isIn &&
      "the token says it has expired, the primary accepts it (it allows a minute, or checks no tokens)",
    !claims.isExpired &&
      !isIn &&
      read.error.includes("expired") &&
      "the token says it is valid, the primary says it has expired: check the clocks",
    claims.access === "read-only" && mayWrite && "the token says read-only, the primary lets it write",
    claims.access === "read-write" &&
      isIn &&
      !mayWrite &&
      "the token says read-write, the primary does not let it write",
  ].filter((text) => text !== false);
}
