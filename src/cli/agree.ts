import { productionGlob } from "../actions/guards.ts";
import { targetOf, type Deps } from "../actions/deps.ts";
import { databaseName } from "../database/target.ts";
import { CleanSlateError } from "../errors.ts";
import { confirm } from "./confirm.ts";
import type { Context } from "./context.ts";

/** How a person agrees on the command line. */
export interface AgreeFlags {
  readonly yes?: boolean;
  /** The database's name, given instead of typed where `--yes` alone is not enough. */
  readonly confirm?: string;
}

export interface Agreement {
  readonly flags: AgreeFlags;
  /** Asked where yes or no is enough, for instance `Drop everything in local.db (3 rows) and rebuild it?`. */
  readonly question: string;
  /** Said where the name must be typed, for instance `This drops everything in the remote database (3 rows).` */
  readonly statement: string;
}

/** Whether somebody is going to be asked: without `--yes`, and for production also with it, unless `--confirm` names it. */
export function isAsking({ config }: Deps, { yes, confirm: typed }: AgreeFlags): boolean {
  if (!yes) return true;
  return typed === undefined && productionGlob(targetOf(config), config.production.value) !== null;
}

/**
 * Returns when the destruction of the target is agreed to, by a flag or by a person. A remote database and one that looks like
 * production want their name typed, as the primary knows it. Throws USAGE for another name, CONFIRMATION_REQUIRED or CANCELLED.
 */
export async function agree(
  { deps, output }: Context,
  { flags, question, statement }: Agreement,
): Promise<void> {
  const target = targetOf(deps.config);
  const name = databaseName(target);
  if (flags.confirm !== undefined && flags.confirm !== name) {
    throw new CleanSlateError(
      "USAGE",
      `--confirm names "${flags.confirm}", this database is "${name}"; nothing was changed`,
      { hint: "check which database is meant: clean-slate db-info" },
    );
  }
  if (!isAsking(deps, flags)) return;
  const production = productionGlob(target, deps.config.production.value);
  const isNamed = target.kind !== "local" || production !== null;
  const reason = production === null ? "" : `"${name}" looks like production (${production}). `;
  await confirm({
    message: isNamed ? `${reason}${statement} Type its name, ${name}, to go on:` : question,
    expected: isNamed ? name : null,
    hasColor: output.hasColor,
    refusal: deps.config.isCI ? "CI is set" : output.isJson ? "--json is given" : null,
    flag: production === null ? "--yes" : `--yes --confirm ${name}`,
  });
}

/**
 * Runs `attempt`, and again where somebody is asked and the database was changed since they were shown it: then they are shown
 * what is there now.
 */
export async function askAgainWhenChanged<T>(
  { deps, output }: Context,
  flags: AgreeFlags,
  attempt: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const hasChanged = error instanceof CleanSlateError && error.code === "DATABASE_CHANGED";
      if (!hasChanged || !isAsking(deps, flags)) throw error;
      output.warn(`${error.message}. This is what would be lost now:`);
    }
  }
}
