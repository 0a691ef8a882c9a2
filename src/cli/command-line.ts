import { CommanderError, type Command } from "commander";
import { CleanSlateError } from "../errors.ts";
import { createOutput, type Output } from "./output.ts";
import type { ExitCode } from "./context.ts";
import { setExitCode } from "./exit-code.ts";
import { createProgram } from "./program.ts";

export interface CommandLine {
  readonly argv: readonly string[];
  /** Its first word that is no option. */
  readonly command: string;
  /** How the program was called. */
  readonly call: string;
}

/**
 * Runs the command line and sets the exit code ({@link ExitCode}). Whether a command was run to its end. The only place that catches
 * everything.
 */
export async function runCommandLine({ argv, command, call }: CommandLine): Promise<boolean> {
  const isJson = argv.includes("--json", 2);
  const output = createOutput({ isJson, hasColor: !argv.includes("--no-color", 2), call });
  let isDone = false;
  const onExit = (code: ExitCode): void => {
    isDone = true;
    setExitCode(code);
  };
  const program = createProgram({ output, call, onExit });
  const atExit = (): void => setExitCode(report(output, command, endedEarly()));
  const words = understoodWords(program, argv.slice(2));
  process.once("exit", atExit);
  try {
    await program.parseAsync([...argv.slice(0, 2), ...words]);
  } catch (error) {
    setExitCode(
      error instanceof CommanderError
        ? reportUsage(output, program, { command: words.find(isName) ?? command, error })
        : report(output, command, error),
    );
  } finally {
    process.off("exit", atExit);
    output.close();
  }
  return isDone;
}

/** Asked for the help of a word that is no command, commander would show that of the whole program, and be content. */
function understoodWords(program: Command, words: readonly string[]): readonly string[] {
  const [first = "", second = ""] = words;
  const isHelp = first === "help";
  const subject = isHelp ? second : first;
  if (!isName(subject)) return isHelp ? [first] : words;
  const isKnown = program.commands.some((command) => command.name() === subject);
  const asksHelp = isHelp || words.includes("--help") || words.includes("-h");
  return asksHelp && !isKnown ? [subject] : words;
}

const isName = (word: string): boolean => word !== "" && !word.startsWith("-");

/** Code of the user's runs in this process, and could end it before anything is done, with exit code 0. */
function endedEarly(): CleanSlateError {
  return new CleanSlateError(
    "MODELS_INVALID",
    "a model, or what it imports, ended the program before the command was done",
    {
      hint: "look for process.exit() in the models and what they import",
    },
  );
}

function report(output: Output, command: string, error: unknown): ExitCode {
  output.error(command, error);
  return error instanceof CleanSlateError && error.code === "CANCELLED" ? 130 : 1;
}

interface WrongUsage {
  readonly command: string;
  readonly error: CommanderError;
}

/** Commander has already written its own words for help and, unless they are to be one document, for wrong usage. */
function reportUsage(output: Output, program: Command, { command, error }: WrongUsage): ExitCode {
  if (error.exitCode === 0) return 0;
  const names = program.commands.map((known) => known.name()).filter((name) => name.includes(command));
  const isAbbreviated = error.code === "commander.unknownCommand" && names.length > 0;
  const inFull = isAbbreviated ? `commands are typed in full: ${names.join(", ")}` : null;
  if (output.isJson) {
    const [message = "", suggestion] = error.message.replace(/^error: /, "").split("\n");
    const hint = inFull ?? suggestion?.replaceAll(/[()]/g, "") ?? `${program.name()} --help`;
    output.error(command, new CleanSlateError("USAGE", message, { hint }));
  } else if (inFull !== null) output.note(inFull);
  return 1;
}
