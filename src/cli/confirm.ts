import { CleanSlateError } from "../errors.ts";
import { withoutColor } from "../project/environment.ts";

export interface Question {
  readonly message: string;
  /** Must be typed to agree; null for yes or no. */
  readonly expected: string | null;
  /** Why nobody is to be asked although there is a terminal; null when somebody may be. */
  readonly refusal: string | null;
  readonly hasColor: boolean;
  /** The flag that answers without asking. */
  readonly flag: string;
}

/**
 * Asks a person before anything is destroyed. Throws CONFIRMATION_REQUIRED where no person can be asked (the prompt library
 * would take a piped `y`, and exit 0 at the end of its input), CANCELLED when the answer is no or the prompt is left.
 */
export async function confirm({ message, expected, refusal, hasColor, flag }: Question): Promise<void> {
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  if (!isTerminal || refusal !== null) {
    const reason = refusal ?? "this is not a terminal";
    throw new CleanSlateError(
      "CONFIRMATION_REQUIRED",
      `nobody can be asked (${reason}); nothing was changed`,
      {
        hint: `read what --dry-run prints, then run the command again with ${flag}`,
      },
    );
  }
  if (!hasColor) withoutColor();
  const { default: prompts } = await import("prompts");
  const question =
    expected === null ? { type: "confirm" as const, initial: false } : { type: "text" as const };
  const answer: { value?: unknown } = await prompts(
    { ...question, name: "value", message },
    { onCancel: () => false },
  );
  if (answer.value === undefined) throw cancelled("cancelled; nothing was changed");
  if (expected === null ? answer.value === true : answer.value === expected) return;
  throw cancelled(
    expected === null
      ? "not confirmed; nothing was changed"
      : `that is not "${expected}"; nothing was changed`,
  );
}

function cancelled(message: string): CleanSlateError {
  return new CleanSlateError("CANCELLED", message);
}
