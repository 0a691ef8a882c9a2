/**
 * Writes the real `--help` of every command into the marked blocks of docs/commands.md; commands without a block are added at
 * the end. Run it after a change of the command line: npx tsx scripts/render-help.mjs
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createProgram } from "../src/cli/program.ts";

const WIDTH = 80;

/** The help of the program (under "") and of each command, as it is printed where there is no terminal. */
function helpTexts() {
  const output = { isJson: false };
  const program = createProgram({ output, call: "npx tsx manage.ts", onExit: () => {} });
  const commands = program.commands.map((command) => ({ name: command.name(), text: helpOf(command) }));
  return [{ name: "", text: helpOf(program) }, ...commands];
}

function helpOf(command) {
  let text = "";
  command.configureOutput({
    writeOut: (part) => (text += part),
    getOutHelpWidth: () => WIDTH,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text;
}

const block = (name, text) =>
  `<!-- help ${name} -->\n\n\`\`\`text\n${text.trimEnd()}\n\`\`\`\n\n<!-- /help -->`;

/** Gives a document with every block as the program prints it now. */
export function renderHelp(markdown) {
  let result = markdown;
  for (const { name, text } of helpTexts()) {
    const pattern = new RegExp(`<!-- help ${name} -->[^]*?<!-- /help -->`);
    result = pattern.test(result)
      ? result.replace(pattern, () => block(name, text))
      : `${result.trimEnd()}\n\n## ${name}\n\n${block(name, text)}\n`;
  }
  return result;
}

const [, called] = process.argv;
if (called === fileURLToPath(import.meta.url)) {
  const path = new URL("../docs/commands.md", import.meta.url);
  writeFileSync(path, renderHelp(readFileSync(path, "utf8")));
}
