import { releaseAllLocks } from "../database/lock.ts";
import { CleanSlateError } from "../errors.ts";
import type { Output } from "./output.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs what must not be left half done. The first signal asks it to stop before it begins, or to finish; the second ends the
 * process at once, as the signal does by itself. Says afterwards whether one came.
 */
export async function uninterrupted<T>(
  output: Output,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ readonly value: T; readonly isInterrupted: boolean }> {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      releaseAllLocks();
      stopListening();
      process.kill(process.pid, name);
      return;
    }
    controller.abort();
    output.warn(
      "interrupted: what has begun is being finished, so that the database is old or new and not between",
    );
    output.note(
      output.inWords("once more ends this at once; then clean-slate db-info tells which of the two it is"),
    );
  };
  const stopListening = (): void => SIGNALS.forEach((name) => process.off(name, onSignal));
  for (const name of SIGNALS) process.on(name, onSignal);
  try {
    const value = await work(controller.signal);
    return { value, isInterrupted: controller.signal.aborted };
  } catch (error) {
    throw controller.signal.aborted ? asCancelled(error) : error;
  } finally {
    stopListening();
  }
}

/** What failed says what state the database is in; that a person wanted out decides the exit code. */
function asCancelled(error: unknown): unknown {
  if (!(error instanceof CleanSlateError)) return error;
  const { message, hint } = error;
  return new CleanSlateError("CANCELLED", message, { cause: error, ...(hint !== undefined && { hint }) });
}
