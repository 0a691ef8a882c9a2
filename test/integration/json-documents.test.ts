import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createProgram } from "../../src/cli/program.ts";
import { repoPath } from "../support/paths.ts";
import { createTarget } from "../support/rebuild-target.ts";
import { recordOutput } from "../support/recorded-output.ts";
import { runCommand } from "../support/run-command.ts";
import { skipSqld } from "../support/sqld.ts";

const MODELS = {
  "a.ts": `import { integer, sqliteTable } from "drizzle-orm/sqlite-core"; export const users = sqliteTable("users", { id: integer("id") });`,
};

/** The keys a section of docs/commands.md lists after `JSON:`; values of a key stand in parentheses. */
function documentedKeys(command: string): string[] {
  const markdown = readFileSync(repoPath("docs/commands.md"), "utf8");
  const section = markdown.split(/^## /m).find((text) => text.startsWith(`${command}\n`)) ?? "";
  const [, keys = ""] = /^JSON: ([^]*?)\n\n/m.exec(section) ?? [];
  const options = /with `--[a-z-]+`|after `[a-z]+`|A part that[^]*$|\([^)]*\)/g;
  return [...keys.replaceAll(options, "").matchAll(/`([a-zA-Z]+)`/g)].map(([, key = ""]) => key).toSorted();
}

/** A command with the flags that together bring out every key, run one after the other in one project. */
const RUNS: readonly (readonly [command: string, ...flags: object[]])[] = [
  ["generate-migration", { name: "a" }, { name: "b", stdout: true }],
  ["apply-migration", { dryRun: true }, { yes: true }],
  ["protect", {}],
  ["unprotect", {}],
  ["check", {}, { sql: true }],
  ["sync", {}],
  ["test-auth", {}],
  ["backup", {}],
  ["restore", { operands: [], dryRun: true }, { operands: [], yes: true }],
  ["db-info", {}],
];

test.skipIf(skipSqld)("--json has exactly the keys docs/commands.md lists, on every command", async () => {
  await using target = await createTarget("replica", { models: MODELS });
  for (const [command, ...runs] of RUNS) {
    const module = (await import(`../../src/cli/commands/${command}.ts`)) as Parameters<
      typeof runCommand<object>
    >[0];
    const keys = new Set<string>();
    for (const flags of runs) {
      const { data } = await runCommand(module, target.deps, flags);
      expect(data).toMatchObject({ ok: true, command });
      for (const key of Object.keys(data)) if (key !== "ok" && key !== "command") keys.add(key);
    }
    expect([command, ...[...keys].toSorted()]).toEqual([command, ...documentedKeys(command)]);
  }
});

test("every command has its keys listed", () => {
  const program = createProgram({ output: recordOutput(), call: "", onExit: () => {} });
  const names = program.commands.map((command) => command.name());
  expect(names.filter((name) => documentedKeys(name).length === 0)).toEqual([]);
});
