import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createProgram } from "../src/cli/program.ts";
import { recordOutput } from "./support/recorded-output.ts";
import { repoPath } from "./support/paths.ts";
import { runCli } from "./support/run-cli.ts";

const read = (path: string): string => readFileSync(repoPath(path), "utf8");
const program = createProgram({ output: recordOutput(), call: "npx tsx manage.ts", onExit: () => {} });
const commands = program.commands.map((command) => command.name());

/** Lines that begin with `call` and a command, in the code blocks and inline code of a document. */
const callsIn = (markdown: string): string[] =>
  [...markdown.matchAll(/(?:npx tsx manage\.ts|npx clean-slate) ([a-z][a-z-]*)((?: --[a-z-]+)*)/g)].map(
    (match) => `${match[1]}${match[2]}`,
  );

describe("the documents", () => {
  test.each(commands)("README.md and docs/commands.md tell of %s", (name) => {
    expect(read("README.md")).toMatch(new RegExp(`\`(?:[^\`\\n]* )?${name}\\b`));
    expect(read("docs/commands.md")).toMatch(new RegExp(`^## ${name}$`, "m"));
  });

  test("docs/commands.md shows the help as it is (npx tsx scripts/render-help.mjs brings it there)", async () => {
    const { renderHelp } = (await import(repoPath("scripts/render-help.mjs"))) as {
      renderHelp: (markdown: string) => string;
    };
    expect(read("docs/commands.md")).toBe(renderHelp(read("docs/commands.md")));
  });

  test.each(["README.md", "docs/commands.md"])(
    "%s tells of no command and no option that does not exist",
    (file) => {
      const options = new Set(
        program.commands.flatMap((command) => command.options.map(({ long }) => `${command.name()} ${long}`)),
      );
      const wrong = callsIn(read(file)).flatMap((call) => {
        const [name = "", ...flags] = call.split(" ");
        if (!commands.includes(name)) return [name];
        return flags.map((flag) => `${name} ${flag}`).filter((used) => !options.has(used));
      });
      expect(wrong).toEqual([]);
    },
  );

  test("every option says what it is for, and every command which it is", () => {
    for (const command of program.commands) {
      expect([command.name(), command.summary(), command.description()]).not.toContain("");
      expect(command.options.filter(({ description }) => description === "")).toEqual([]);
    }
  });

  test(".env.example names exactly the variables the help names", () => {
    const variables = (text: string) =>
      [...new Set(text.match(/\b(?:TURSO|LOCAL|CLEAN_SLATE)_[A-Z_]+\b/g))].toSorted();
    let help = "";
    program.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    expect(variables(help)).toEqual(expect.arrayContaining(variables(read(".env.example"))));
    expect(variables(read("docs/commands.md"))).toEqual(expect.arrayContaining(variables(help)));
  });
});

test("the real program prints the help the documents show, to stdout, and nothing else", async () => {
  const { code, stdout, stderr } = await runCli(["apply-migration", "--help"], { cwd: repoPath() });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(read("docs/commands.md")).toContain(stdout.trimEnd());
});
