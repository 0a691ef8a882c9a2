import { expect, test, vi } from "vitest";
import type { Deps } from "../../src/actions/deps.ts";
import { createProgram } from "../../src/cli/program.ts";
import { recordOutput } from "../support/recorded-output.ts";
import { createTarget } from "../support/rebuild-target.ts";
import { runCommand } from "../support/run-command.ts";
import { findSqld, skipSqld } from "../support/sqld.ts";

const MODELS = {
  "a.ts": `import { integer, sqliteTable } from "drizzle-orm/sqlite-core"; export const users = sqliteTable("users", { id: integer("id") });`,
};

/** Each command with the flags that together make it read all it can, run one after the other in one project. */
const RUNS: Readonly<Record<string, readonly object[]>> = {
  "generate-migration": [{ name: "a" }],
  "apply-migration": [{ yes: true }, { yes: true }], // the first finds nothing to back up
  protect: [{}],
  unprotect: [{}],
  backup: [{}],
  backups: [{ operands: [] }, { operands: ["prune"], keep: "9" }],
  restore: [{ operands: [], yes: true }],
  "db-info": [{}],
  check: [{}, { file: true }],
  "test-auth": [{}],
  sync: [{}],
  "test-env": [{ operands: ["create"] }, { operands: ["list"] }, { operands: ["destroy"], all: true }],
};

/** What of the configuration an option sets. */
const SET_BY: Readonly<Record<string, string>> = {
  "--models": "models",
  "--out": "out",
  "--database": "path",
  "--casing": "casing",
  "--backup-dir": "backups",
  "--timeout": "timeout",
};

const { commands } = createProgram({ output: recordOutput(), call: "", onExit: () => {} });
const optionsOf = (name: string): (string | undefined)[] =>
  commands.find((command) => command.name() === name)?.options.map(({ long }) => long ?? "") ?? [];

function watched({ config, ...deps }: Deps, read: Set<string | symbol>): Deps {
  const get = (target: Deps["config"], key: keyof Deps["config"]): unknown => {
    read.add(key);
    return target[key];
  };
  return { ...deps, config: new Proxy(config, { get: (target, key) => get(target, key as never) }) };
}

test.skipIf(skipSqld)("a command has exactly the options of the settings it reads", async () => {
  expect(Object.keys(RUNS).toSorted()).toEqual(commands.map((command) => command.name()).toSorted());
  vi.stubEnv("SQLD_PATH", await findSqld());
  await using target = await createTarget("replica", { models: MODELS });
  for (const [command, runs] of Object.entries(RUNS)) {
    const module = (await import(`../../src/cli/commands/${command}.ts`)) as Parameters<
      typeof runCommand<object>
    >[0];
    const read = new Set<string | symbol>();
    for (const flags of runs) await runCommand(module, watched(target.deps, read), flags);
    const options = optionsOf(command);
    const taken = Object.keys(SET_BY).filter((option) => options.includes(option));
    const wanted = Object.keys(SET_BY).filter((option) => read.has(SET_BY[option] ?? ""));
    expect([command, ...taken]).toEqual([command, ...wanted]);
  }
});

test("--remote-only is an option of the commands that touch the replica or look at it beside its primary", () => {
  const names = commands.map((command) => command.name());
  expect(names.filter((name) => optionsOf(name).includes("--remote-only"))).toEqual([
    "apply-migration",
    "restore",
    "db-info",
  ]);
});
