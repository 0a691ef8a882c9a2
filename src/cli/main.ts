import { VERSION } from "../version.ts";
import { createOutput, printOnly } from "./output.ts";

/** The program. What it is asked for most often by other programs, its version, needs nothing that is loaded for commands. */
export async function main(argv: readonly string[]): Promise<void> {
  const words = argv.slice(2);
  const call = /manage\.[cm]?[jt]s$/.test(argv[1] ?? "") ? "npx tsx manage.ts" : "npx clean-slate";
  if (words.length === 1 && ["--version", "-V"].includes(words[0] ?? "")) return printOnly(`${VERSION}\n`);
  const output = createOutput({
    isJson: words.includes("--json"),
    hasColor: !words.includes("--no-color"),
    program: { call },
  });
  const { runCommandLine } = await import("./command-line.ts");
  await runCommandLine({ argv, output, call });
}
