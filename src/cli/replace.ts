import { refuseProtected } from "../actions/guards.ts";
import { rowsLost } from "../actions/losses.ts";
import type { Deps } from "../actions/deps.ts";
import type { Prepared } from "../actions/prepared.ts";
import type { Replaced } from "../actions/replace-content.ts";
import { agree, askAgainWhenChanged, isAsking, type AgreeFlags, type Agreement } from "./agree.ts";
import { noteBackup } from "./backup-lines.ts";
import type { Context, ExitCode } from "./context.ts";
import { uninterrupted } from "./interrupt.ts";
import { countOf } from "./render.ts";
import { noteSetAside, targetData } from "./target-lines.ts";

/** What the commands have in common that replace everything in a database. */
export interface ReplaceFlags extends AgreeFlags {
  readonly dryRun?: boolean;
  readonly verbose?: boolean;
  readonly allowProtected?: string;
  /** False after `--no-backup`. */
  readonly backup?: boolean;
}

/** How one of them does it. */
export interface Replacing<P extends Prepared> {
  readonly prepare: (isReviewed: boolean) => Promise<P>;
  /** Everything a person should see before saying yes. */
  readonly ledger: (prepared: P) => string;
  /** Asks for so many rows, in words. */
  readonly ask: (prepared: P, rows: string) => Pick<Agreement, "question" | "statement">;
  readonly perform: (deps: Deps, prepared: P) => Promise<Replaced>;
}

export interface Done<P extends Prepared> {
  readonly prepared: P;
  readonly replaced: Replaced;
  /** From the answer, where somebody was asked. */
  readonly milliseconds: number;
  readonly code: ExitCode;
}

/** Shows what would be lost, asks, and replaces; again when the database has changed under the eyes of whoever was asked. */
export async function replaceWhenAgreed<P extends Prepared>(
  context: Context,
  flags: AgreeFlags,
  { prepare, ledger, ask, perform }: Replacing<P>,
): Promise<Done<P>> {
  const { deps, output } = context;
  const isReviewed = isAsking(deps, flags);
  return askAgainWhenChanged(context, flags, async () => {
    const start = performance.now();
    const prepared = await prepare(isReviewed);
    try {
      if (!output.isJson) output.note(ledger(prepared));
      refuseProtected(prepared);
      await agree(context, { flags, ...ask(prepared, countOf(rowsLost(prepared.losses), "row")) });
      const asked = performance.now();
      const { value: replaced, isInterrupted } = await uninterrupted(output, (signal) =>
        perform({ ...deps, signal }, prepared),
      );
      noteSetAside(output, replaced.replica?.setAside);
      noteBackup(output, replaced.backup);
      const milliseconds = Math.round(performance.now() - (isReviewed ? asked : start));
      return { prepared, replaced, milliseconds, code: isInterrupted ? 130 : 0 };
    } finally {
      prepared.begun?.discard();
    }
  });
}

/** What was prepared, for `--json`. */
export function preparedData(prepared: Prepared): object {
  const { target, isBackedUp, losses, protection, production } = prepared;
  return {
    target: targetData(target),
    protection,
    production,
    isBackedUp,
    drops: losses,
    rowsLost: rowsLost(losses),
  };
}
