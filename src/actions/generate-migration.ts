import { CleanSlateError } from "../errors.ts";
import { renderMigration } from "../plan/migration-text.ts";
import type { Config } from "../project/config.ts";
import { writeMigration } from "../project/migrations.ts";
import { VERSION } from "../version.ts";
import { answerFromModels, type Headline } from "./blueprint.ts";
import type { Deps } from "./deps.ts";
import { newestMigration, type NewestMigration } from "./newest-migration.ts";

export interface GenerateOptions {
  /** What the file is called after its time; words. */
  readonly name?: string | undefined;
  /** Write although the newest file already makes this schema. */
  readonly force?: boolean | undefined;
  /** Write nothing, return the text. */
  readonly dryRun?: boolean | undefined;
}

export interface GenerateResult {
  /** `unchanged`: the newest file already makes this schema. */
  readonly kind: "written" | "unchanged" | "rendered";
  /** File name; of the newest file when unchanged, null when nothing was to be written. */
  readonly file: string | null;
  readonly fingerprint: string;
  /** For instance `6 tables, 9 indexes, 1 view`. */
  readonly creates: string;
  /** Of the file; empty when unchanged. */
  readonly text: string;
  /** What changed since the newest file, in words; null when there is none to compare with. */
  readonly changes: readonly string[] | null;
  readonly warnings: readonly string[];
}

/** Writes the models' CREATE SQL into the migrations folder. Touches no database. */
export async function generateMigration(
  { config, now }: Deps,
  options: GenerateOptions,
): Promise<GenerateResult> {
  const slug = slugOf(options.name ?? "schema");
  const at = now();
  return answerFromModels(config, at, async (load) =>
    generate(config, await load(), { ...options, slug, at }),
  );
}

interface Wanted extends GenerateOptions {
  readonly slug: string;
  readonly at: Date;
}

async function generate(
  config: Config,
  models: Headline,
  { slug, at, force, dryRun }: Wanted,
): Promise<GenerateResult> {
  const { fingerprint, creates } = models;
  const newest = await newestMigration(config, models);
  const result = {
    fingerprint,
    creates,
    changes: await changesSince(config.root, newest, models),
    warnings: [...models.warnings, ...unusable(newest)],
  };
  if (newest?.standing === "matches" && !force && !dryRun)
    return { ...result, kind: "unchanged", file: newest.file.name, text: "" };
  const header = { version: VERSION, created: at.toISOString(), fingerprint };
  const text = renderMigration(header, (await models.blueprint()).statements);
  if (dryRun) return { ...result, kind: "rendered", file: null, text };
  return { ...result, kind: "written", file: writeMigration(config.out.value, { slug, at, text }), text };
}

function slugOf(name: string): string {
  const slug = name
    .normalize("NFKD")
    .replaceAll(/[^A-Za-z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "")
    .toLowerCase();
  if (slug !== "" && slug.length <= 80) return slug;
  throw new CleanSlateError("USAGE", `"${name}" makes no file name`, {
    hint: "use a few letters and digits, for instance --name add_tags",
  });
}

async function changesSince(
  root: string,
  newest: NewestMigration | null,
  models: Headline,
): Promise<readonly string[] | null> {
  if (newest === null || newest.standing === "unusable") return null;
  if (newest.blueprint === null) return [];
  const { diffCatalogs } = await import("../schema/diff-catalogs.ts");
  const { describeChange } = await import("../schema/describe-change.ts");
  const { outlinedContent } = await import("./catalog-outline.ts");
  const words = { from: "the newest file", to: "the models" };
  const made = await models.blueprint();
  const changes = diffCatalogs(outlinedContent(root, newest.blueprint), outlinedContent(root, made));
  return changes.map((change) => describeChange(change, words));
}

function unusable(newest: NewestMigration | null): string[] {
  return newest?.standing === "unusable" ? [`cannot compare with the newest file: ${newest.reason}`] : [];
}
