import { existsSync } from "node:fs";
import { readState } from "../database/inspect.ts";
import { openAuthority } from "../database/open.ts";
import { databaseName, type Target } from "../database/target.ts";
import { CleanSlateError } from "../errors.ts";
import { protectionOf, protectStatements, UNPROTECT, type Protection } from "../plan/bookkeeping.ts";
import { targetOf, type Deps } from "./deps.ts";

export interface ProtectResult {
  readonly kind: "protected" | "unprotected" | "unchanged";
  /** As it must be typed after `--allow-protected`. */
  readonly database: string;
  /** The protection that holds now; after `unprotect` the one that was taken away, null when there was none. */
  readonly protection: Protection | null;
}

/** Marks the target as not to be rebuilt. The mark lies in the database, so that it holds for everyone and in every copy. */
export async function protectDatabase(
  deps: Deps,
  { reason }: { readonly reason: string | null },
): Promise<ProtectResult> {
  const target = targetOf(deps.config);
  const protection = { since: deps.now().toISOString(), reason };
  const before = await change(target, (held) =>
    held && reason === null ? [] : protectStatements(protection),
  );
  const isUnchanged = before !== null && reason === null;
  return {
    kind: isUnchanged ? "unchanged" : "protected",
    database: databaseName(target),
    protection: isUnchanged ? before : protection,
  };
}

/** Takes the mark away again. */
export async function unprotectDatabase({ config }: Deps): Promise<ProtectResult> {
  const target = targetOf(config);
  const before = await change(target, (held) => (held === null ? [] : UNPROTECT));
  return {
    kind: before === null ? "unchanged" : "unprotected",
    database: databaseName(target),
    protection: before,
  };
}

/** Runs what the present protection asks for and answers with that protection. */
async function change(
  target: Target,
  statementsFor: (before: Protection | null) => readonly string[],
): Promise<Protection | null> {
  if (target.kind === "local" && !existsSync(target.path)) {
    throw new CleanSlateError(
      "DATABASE_NOT_FOUND",
      `"${target.path}" does not exist: there is nothing to protect`,
      {
        hint: "clean-slate apply-migration makes it",
      },
    );
  }
  const database = await openAuthority(target);
  try {
    const { bookkeeping } = await readState(database, target.kind === "local" ? "file" : "primary");
    const before = protectionOf(bookkeeping);
    const statements = statementsFor(before);
    if (statements.length === 0) return before;
    const outcome = await database.transact(statements, []);
    if (outcome.kind === "unknown") throw unknownOutcome(target, outcome.error);
    if (outcome.kind === "rolled-back") throw outcome.error;
    return before;
  } finally {
    database.close();
  }
}

function unknownOutcome(target: Target, cause: CleanSlateError): CleanSlateError {
  return new CleanSlateError(
    "OUTCOME_UNKNOWN",
    `${cause.message}; it is unknown whether ${databaseName(target)} is protected now`,
    { cause, hint: "clean-slate db-info shows it; protect and unprotect may be run again" },
  );
}
