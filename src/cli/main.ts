import { readFileSync } from "node:fs";
import { VERSION } from "../version.ts";
import { printOnly } from "./output.ts";

/** What runs commands. */
export type LoadedProgram = Pick<typeof import("./command-line.ts"), "runCommandLine"> & {
  /** Called when a command was run to its end. */
  readonly keep?: () => void;
};

/** Loads it for a command, which may be none there is. */
type Load = (command: string) => LoadedProgram | Promise<LoadedProgram>;

/** The program. Its version and its help, as far as that was written down when it was built, need nothing that is loaded for commands. */
export async function main(argv: readonly string[], load: Load): Promise<void> {
  const words = argv.slice(2);
  const call = /manage\.[cm]?[jt]s$/.test(argv[1] ?? "") ? "npx tsx manage.ts" : "npx clean-slate";
  if (words.length === 1 && ["--version", "-V"].includes(words[0] ?? "")) return printOnly(`${VERSION}\n`);
  const help = words.length === 1 && ["--help", "-h"].includes(words[0] ?? "") ? builtHelp(call) : undefined;
  if (help !== undefined) return printOnly(help);
  const command = words.find((word) => !word.startsWith("-")) ?? "";
  const { runCommandLine, keep } = await load(command);
  if (await runCommandLine({ argv, command, call })) keep?.();
}

/** The columns help is written for where nothing says how many there are. */
const COLUMNS = 80;

/** What commander would say after it was loaded; undefined in a narrow terminal, or where nothing was built. */
function builtHelp(call: string): string | undefined {
  if ((process.stdout.columns ?? COLUMNS) < COLUMNS) return undefined;
  try {
    const texts: Readonly<Record<string, string>> = JSON.parse(
      readFileSync(new URL("help.json", import.meta.url), "utf8"),
    );
    return texts[call];
  } catch {
    return undefined;
  }
}
