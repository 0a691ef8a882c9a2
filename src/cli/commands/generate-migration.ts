import { relative, join } from "node:path";
import { generateMigration, type GenerateResult } from "../../actions/generate-migration.ts";
import type { Context } from "../context.ts";
import { shown } from "../render.ts";

export interface GenerateFlags {
  readonly name?: string;
  readonly force?: boolean;
  readonly stdout?: boolean;
}

export async function run({ deps, output }: Context, { name, force, stdout }: GenerateFlags): Promise<void> {
  const result = await generateMigration(deps, { name, force, dryRun: stdout });
  for (const warning of result.warnings) output.warn(warning);
  const { config } = deps;
  const file = result.file === null ? null : relative(config.root, join(config.out.value, result.file));
  const { text, ...data } = result;
  output.result(
    "generate-migration",
    { ...data, file, ...(stdout && { sql: text }) },
    stdout ? text : render(result, file),
  );
}

function render({ kind, creates, fingerprint, changes }: GenerateResult, file: string | null): string {
  if (kind === "unchanged")
    return `unchanged: ${file} already makes this schema (${creates}; fingerprint ${fingerprint})\n`;
  const lines = [`wrote ${file} (${creates}; fingerprint ${fingerprint})`];
  if (changes !== null && changes.length > 0)
    lines.push("", "changed since the newest file:", ...changes.map((change) => `  ${shown(change)}`));
  return `${lines.join("\n")}\n`;
}
