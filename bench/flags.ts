import { Command, InvalidArgumentError, Option } from "commander";
import { CASES, JOBS, type Choice } from "./scenario.ts";

/** What `npm run bench --` is asked for. */
export interface Flags extends Choice {
  readonly full?: true;
  readonly most?: number;
  readonly contestants?: readonly string[];
  readonly runs: number;
  readonly budget: number;
  readonly limit: number;
  readonly extra: boolean;
  readonly node?: string;
  readonly install?: true;
  readonly save?: string;
}

/** Reads the command line; ends the process with a message where it makes no sense. */
export function parseFlags(argv: readonly string[]): Flags {
  const jobs = new Option("--jobs <names>", `some of ${JOBS.join()}`);
  const cases = new Option(
    "--cases <names>",
    "what the database holds before: some of empty,old,rows,current",
  );
  const tables = new Option("--tables <numbers>", "how many tables");
  const delays = new Option("--delays <milliseconds>", "what is added to a round trip");
  return new Command("npm run bench --")
    .description(
      "Measures Clean Slate, other tools, and what no tool can be faster than. See bench/README.md.",
    )
    .addOption(jobs.argParser(among(JOBS)).default(JOBS, "all"))
    .addOption(cases.argParser(among(CASES)).default(["old"], "old"))
    .addOption(tables.argParser(numbers).default([50], "50"))
    .addOption(delays.argParser(numbers).default([50], "50"))
    .option(
      "--contestants <words>",
      "only those with one of these, separated by commas, in their name",
      words,
    )
    .option("--runs <number>", "measured runs of a contestant in a race, more of short ones", positive, 5)
    .option("--budget <seconds>", "what they may take together; one is always made", positive, 10)
    .option("--limit <seconds>", "after which a run is ended", positive, 180)
    .option("--no-extra", "no memory and no fsyncs, which take a run each")
    .option("--full", "all the races of docs/benchmarks.md, instead of jobs, cases, tables and delays")
    .option("--most <tables>", "no race with more tables", positive)
    .option("--save <file>", "write a document of this run")
    .option(
      "--node <program>",
      "what runs the contestants: a path, or 22 or 24 for those --install can install",
    )
    .option(
      "--install",
      "first install the other tools that are missing, each into its folder in bench/peers",
    )
    .parse(argv)
    .opts<Flags>();
}

function words(text: string): string[] {
  return text.split(",").map((word) => word.trim());
}

function numbers(text: string): number[] {
  return words(text).map(positive);
}

function positive(text: string): number {
  const number = Number(text);
  if (text === "" || !Number.isFinite(number) || number < 0)
    throw new InvalidArgumentError("It is no number.");
  return number;
}

function among<T extends string>(known: readonly T[]) {
  return (text: string): T[] =>
    words(text).map((word) => {
      const found = known.find((one) => one === word);
      if (found === undefined) throw new InvalidArgumentError(`Known are ${known.join(", ")}.`);
      return found;
    });
}
