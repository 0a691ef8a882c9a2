import type { TestProject } from "vitest/node";
import { removeAtExit } from "../database/leftovers.ts";
import { readConfig } from "../project/config.ts";
import { removeAbandoned, removeAllOwn } from "./storage.ts";
import { buildTemplate } from "./template.ts";
import type { Driver, Template, TemplateOptions, TestSchema } from "./types.ts";

/** A `globalSetup` function of Vitest; what it returns runs after the tests. */
export type GlobalSetup = (project: TestProject) => Promise<() => void>;

/**
 * Builds one template before the tests, in watch mode again before each run, and provides it to
 * `databaseTest({ template: "provided" })`: `export default databaseSetup({ models: "models", seed })`. Without `schema` and
 * `models` the project's models folder is meant.
 */
export function databaseSetup<D extends Driver = "libsql", Schema extends TestSchema = TestSchema>(
  options: TemplateOptions<D, Schema> = {},
): GlobalSetup {
  return async (project) => {
    const provide = async (): Promise<void> => {
      const template: Template = await buildTemplate(withModels(options, project.config.root));
      // A module namespace cannot travel to a worker; tests name their schema.
      project.provide("clean-slate", { ...template, schema: undefined });
    };
    removeAtExit(removeAllOwn);
    await provide();
    project.onTestsRerun(provide);
    return removeAbandoned;
  };
}

/** The same for the project's models folder, so that `globalSetup: ["clean-slate/testing/global-setup"]` is enough. */
export const setup: GlobalSetup = databaseSetup();

function withModels<D extends Driver, Schema extends TestSchema>(
  options: TemplateOptions<D, Schema>,
  root: string,
): TemplateOptions<D, Schema> {
  const placed = { root, ...options };
  if (options.schema !== undefined || options.models !== undefined) return placed;
  const { models, casing } = readConfig(root, {});
  return { ...placed, models: models.value, ...(casing && { casing: casing.value }) };
}
