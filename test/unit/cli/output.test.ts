import { expect, test } from "vitest";
import { createOutput } from "../../../src/cli/output.ts";

const { inWords } = createOutput({
  isJson: false,
  hasColor: false,
  call: "npx tsx manage.ts",
});

test.each([
  ["clean-slate sync", "npx tsx manage.ts sync"],
  ["when it answers again: clean-slate db-info", "when it answers again: npx tsx manage.ts db-info"],
  ["clean-slate unprotect, or wait", "npx tsx manage.ts unprotect, or wait"],
  ["(clean-slate sync)", "(npx tsx manage.ts sync)"],
  ["npx clean-slate --help", "npx clean-slate --help"],
  ["clean-slate check;\nclean-slate sync --json", "npx tsx manage.ts check;\nnpx tsx manage.ts sync --json"],
])("a command in %j is named as the program was called", (text, expected) => {
  expect(inWords(text)).toBe(expected);
});

test.each([
  'delete "/home/me/clean-slate demo/local.db.clean-slate-lock"',
  'delete "/home/me/my clean-slate demo/local.db"',
  'make "clean-slate demo/.env" readable',
  String.raw`move C:\clean-slate demo\local.db away`,
  "add --allow-protected clean-slate demo.db",
])("the path in %j stays as it is", (text) => {
  expect(inWords(text)).toBe(text);
});
