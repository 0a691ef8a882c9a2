import { check, type CheckOptions, type CheckResult, type Counterpart } from "../../actions/check.ts";
import type { Context, ExitCode } from "../context.ts";
import { countOf, shown } from "../render.ts";
import { targetData, targetName } from "../target-lines.ts";

export async function run({ deps, output }: Context, flags: CheckOptions): Promise<ExitCode> {
  const result = await check(deps, flags);
  for (const warning of result.warnings) output.warn(warning);
  output.result("check", dataOf(result), render(result, deps.config.root));
  return result.isEqual ? 0 : 2;
}

function render(
  { isEqual, counterpart, differences, ignored, ...result }: CheckResult,
  root: string,
): string {
  const what = nameOf(counterpart, root);
  const left = ignored.length === 0 ? "" : `; ignored: ${ignored.map(shown).join(", ")}`;
  if (isEqual)
    return `equal: ${what} matches the models (${result.creates}; fingerprint ${result.fingerprints.models}${left})\n`;
  const count = differences.reduce((sum, { changes }) => sum + changes.length, 0);
  const groups = differences.map(({ kind, name, changes }) =>
    [`${kind} ${shown(name)}`, ...changes.map(({ text }) => `  ${shown(text)}`)].join("\n"),
  );
  const head = `different: ${what} does not match the models (${countOf(count, "difference")}${left})`;
  return `${[head, ...groups].join("\n\n")}\n${result.sql === null ? "" : `\n${result.sql}`}`;
}

function nameOf(counterpart: Counterpart, root: string): string {
  if (counterpart.kind === "file") return counterpart.file;
  const { target } = counterpart;
  return target.kind === "replica"
    ? targetName({ ...target, kind: "remote" }, root)
    : targetName(target, root);
}

/** The shape documented in docs/check.md. */
function dataOf({ isEqual, counterpart, differences, fingerprints, ...result }: CheckResult): object {
  const target = counterpart.kind === "database" ? counterpart.target : null;
  return {
    equal: isEqual,
    against: counterpart.kind,
    target: target && targetData(target),
    file: counterpart.kind === "file" ? counterpart.file : null,
    fingerprints,
    differences,
    ignored: result.ignored,
    warnings: result.warnings,
    ...(result.sql !== null && { sql: result.sql }),
  };
}
