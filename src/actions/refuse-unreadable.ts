import type { Target } from "../database/target.ts";
import { CleanSlateError } from "../errors.ts";
import type { Statement } from "../schema/create.ts";

/**
 * Asks a primary whether it can read the hand-written statements, before anything is dropped: its parser knows less than
 * SQLite's, in which they are already proven. Throws SQL_INVALID with file and line.
 */
export async function refuseUnreadable(target: Target, statements: readonly Statement[]): Promise<void> {
  const written = statements.filter(({ origin }) => origin !== undefined);
  if (target.kind === "local" || written.length === 0) return;
  const { primary } = target;
  const { findRefused } = await import("../database/remote.ts");
  const refused = await findRefused(
    primary,
    written.map(({ sql }) => sql),
  );
  const statement = refused && written[refused.index];
  if (!statement) return;
  const { kind, name, origin } = statement;
  throw new CleanSlateError(
    "SQL_INVALID",
    `${origin}: ${primary.host} does not take ${kind} "${name}": ${refused.error.message}; nothing was changed`,
    { cause: refused.error, hint: "write it in another way: the server reads less SQL than SQLite does" },
  );
}
