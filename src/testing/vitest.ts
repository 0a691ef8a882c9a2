import { inject, test as base, type RunnerTestCase, type TestAPI } from "vitest";
import { CleanSlateError } from "../errors.ts";
import { keptFolder } from "./kept.ts";
import { removeFolder } from "./storage.ts";
import { buildTemplate } from "./template.ts";
import { createTestDatabase } from "./test-database.ts";
import type {
  ClientOf,
  DatabaseOf,
  Driver,
  Template,
  TemplateOptions,
  TestDatabase,
  TestSchema,
} from "./types.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The template that `databaseSetup` builds. */
    "clean-slate": Template | undefined;
  }
}

/** What a test gets by naming it; one that names none of these has no database and pays nothing. */
export interface DatabaseFixtures<D extends Driver, Schema extends TestSchema> {
  testDatabase: TestDatabase<D, Schema>;
  db: DatabaseOf<D, Schema>;
  client: ClientOf<D>;
}

export interface DatabaseTestOptions<D extends Driver, Schema extends TestSchema> extends TemplateOptions<
  D,
  Schema
> {
  /** A built template, or `provided`: the one `databaseSetup` has built for the run. */
  readonly template?: Template<D, Schema> | "provided";
  /** False removes the database of a failed test too. */
  readonly keepFailed?: boolean;
}

/**
 * Vitest's `test`, with a fresh database for each test that asks for one: `test("…", async ({ db }) => …)`. The template is built
 * by the first test that does. The database of a failed test is kept, and the report says where.
 */
export function databaseTest<D extends Driver = "libsql", Schema extends TestSchema = TestSchema>(
  options: DatabaseTestOptions<D, Schema>,
): TestAPI<DatabaseFixtures<D, Schema>> {
  let template: Promise<Template<D, Schema>> | undefined;
  const keepsFailed = options.keepFailed ?? true;
  return base
    .extend("testDatabase", async ({ task }, { onCleanup }) => {
      template ??= templateOf(options);
      const built = await template;
      const database = await createTestDatabase({ template: built });
      onCleanup(async () => {
        if (keepsFailed) keepFailed(task, database, built);
        await database[Symbol.asyncDispose]();
      });
      return database;
    })
    .extend("db", ({ testDatabase }) => testDatabase.db)
    .extend("client", ({ testDatabase }) => testDatabase.client) as TestAPI<DatabaseFixtures<D, Schema>>;
}

/** Adds the path to what the test failed with: a test that has ended can say nothing else. */
function keepFailed(task: Readonly<RunnerTestCase>, database: TestDatabase, template: Template): void {
  const { state, errors = [], retryCount = 0 } = task.result ?? {};
  if (state !== "fail" || task.fails) {
    // An earlier try of the same test was kept.
    if (retryCount > 0) removeFolder(keptFolder(template, task.fullName));
    return;
  }
  const note = `\n\nThe database of this test is kept: ${database.keep(task.fullName)}`;
  const error = errors.at(-1);
  if (!error) return;
  const { message, stack } = error;
  error.message = message + note;
  // Some reporters show the stack alone, which begins with the message.
  if (stack) error.stack = stack.replace(message, () => message + note);
}

async function templateOf<D extends Driver, Schema extends TestSchema>(
  options: DatabaseTestOptions<D, Schema>,
): Promise<Template<D, Schema>> {
  const { template, schema } = options;
  if (template === undefined) return buildTemplate(options);
  if (template !== "provided") return template;
  const provided = inject("clean-slate") as Template<D, Schema> | undefined;
  if (provided) return { ...provided, schema };
  throw new CleanSlateError("USAGE", "no template is provided to this test", {
    hint: "add a file with `export default databaseSetup({ … })` to globalSetup in the Vitest configuration",
  });
}
