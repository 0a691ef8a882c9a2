import { databaseName, type Target } from "../database/target.ts";
import { CleanSlateError } from "../errors.ts";
import type { Protection } from "../plan/bookkeeping.ts";
import { matchesGlob } from "../schema/glob.ts";

/** What stands between a command and a database that is not to be destroyed. */
export interface Guarded {
  readonly target: Target;
  readonly protection: Protection | null;
  /** The database `--allow-protected` names; null when it was not given. */
  readonly allowProtected: string | null;
}

/** Throws DATABASE_PROTECTED unless the database is unprotected, or named by whoever wants it destroyed all the same. */
export function refuseProtected(guarded: Guarded): void {
  const refusal = refusalOf(guarded);
  if (refusal !== null) throw refusal;
}

/** What {@link refuseProtected} throws; null when it throws nothing. */
export function refusalOf({ target, protection, allowProtected }: Guarded): CleanSlateError | null {
  const name = databaseName(target);
  if (allowProtected !== null && allowProtected !== name) {
    return new CleanSlateError(
      "USAGE",
      `--allow-protected names "${allowProtected}", this database is "${name}"`,
      {
        hint: "check which database is meant: clean-slate db-info",
      },
    );
  }
  if (protection === null || allowProtected === name) return null;
  const reason = protection.reason === null ? "" : `: ${JSON.stringify(protection.reason)}`;
  return new CleanSlateError(
    "DATABASE_PROTECTED",
    `"${name}" is protected since ${protection.since}${reason}; nothing was changed`,
    { hint: `clean-slate unprotect, or add --allow-protected ${name} to destroy it all the same` },
  );
}

/**
 * The glob by which a target looks like production, or null. A glob (`*` and `?`, case does not count) is compared with the
 * database's name, the host without its port, and each of their words: `live` matches `shop-live`, not `olive`.
 */
export function productionGlob(target: Target, globs: readonly string[]): string | null {
  const host = target.kind === "local" ? "" : target.primary.host.replace(/:\d+$/, "");
  const names = [databaseName(target), host];
  const words = [...names, ...names.flatMap((name) => name.split(/[^\p{L}\p{N}]+/u))];
  return globs.find((glob) => words.some((word) => matchesGlob(glob, word))) ?? null;
}
