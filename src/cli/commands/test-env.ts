import { relative } from "node:path";
import {
  createTestEnv,
  destroyTestEnvs,
  listTestEnvs,
  type CreatedTestEnv,
  type TestEnvState,
} from "../../actions/test-env.ts";
import { CleanSlateError } from "../../errors.ts";
import { renderEnv } from "../../project/env-file.ts";
import type { Context } from "../context.ts";
import type { Output } from "../output.ts";
import { renderTable } from "../render.ts";

export interface TestEnvFlags {
  readonly operands: readonly string[];
  readonly seed?: string;
  /** Minutes, as typed. */
  readonly idle?: string;
  readonly writeEnv?: string;
  readonly all?: boolean;
}

const DEFAULT_NAME = "default";

export async function run(context: Context, flags: TestEnvFlags): Promise<void> {
  const [verb, name] = flags.operands;
  switch (verb) {
    case "create":
      return create(context, name ?? DEFAULT_NAME, flags);
    case "list":
      return list(context);
    case "destroy":
      return destroy(context, name, flags);
    default:
      throw new CleanSlateError("USAGE", `"${verb}" is none of create, list and destroy`, {
        hint: "clean-slate test-env create",
      });
  }
}

async function create(
  { deps, output }: Context,
  name: string,
  { seed, idle, writeEnv }: TestEnvFlags,
): Promise<void> {
  const created = await createTestEnv(deps, { name, seed, writeEnv, idleMinutes: minutesOf(idle) });
  for (const warning of created.warnings) output.warn(warning);
  if (!output.isJson) output.note(noteOf(created, deps.config.root, output));
  const { warnings: _, ...data } = created;
  output.result("test-env", { action: "create", ...data }, renderEnv(created.variables));
}

function minutesOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const minutes = Number(text);
  if (minutes > 0 && minutes <= 10_080) return minutes;
  throw new CleanSlateError("USAGE", `--idle "${text}" is not a number of minutes`, {
    hint: "for instance --idle 60",
  });
}

function noteOf(
  { name, url, creates, idleMinutes, envFile }: CreatedTestEnv,
  root: string,
  { inWords }: Output,
): string {
  const end = idleMinutes === null ? "" : `, or ${idleMinutes} minutes without a request`;
  const lines = [
    `"${name}" runs at ${url} (${creates}) until: ${inWords("clean-slate test-env destroy")} ${name}${end}`,
  ];
  if (envFile !== null) lines.push(`its variables, with the token, are in ${relative(root, envFile)}`);
  return lines.join("\n");
}

function list({ deps, output }: Context): void {
  const environments = listTestEnvs(deps);
  const text =
    environments.length === 0 ? "no test environments\n" : `${renderTable(environments.map(rowOf), "")}\n`;
  output.result("test-env", { action: "list", environments }, text);
}

function rowOf({ name, alive, url, pid, createdAt }: TestEnvState): string[] {
  return [name, alive ? "running" : "ended", url, `pid ${pid}`, `since ${createdAt}`];
}

async function destroy(
  { deps, output }: Context,
  name: string | undefined,
  { all }: TestEnvFlags,
): Promise<void> {
  if ((name === undefined) === (all !== true)) {
    throw new CleanSlateError("USAGE", "name one environment, or all", {
      hint: "clean-slate test-env destroy <name>, or clean-slate test-env destroy --all",
    });
  }
  const destroyed = await destroyTestEnvs(deps, name === undefined ? null : [name]);
  const text = destroyed.length === 0 ? "there was none\n" : `destroyed ${destroyed.join(", ")}\n`;
  output.result("test-env", { action: "destroy", destroyed }, text);
}
