import { blueprintFromModels } from "../actions/blueprint.ts";
import { CleanSlateError } from "../errors.ts";
import { readConfig } from "../project/config.ts";
import { createStatements, type Statement } from "../schema/create.ts";
import type { Casing, DrizzleApi } from "../schema/drizzle.ts";
import { schemaFromModels } from "../schema/from-models.ts";
import type { TestSchema } from "./types.ts";

export interface StatementSource {
  readonly root: string;
  readonly models: string | undefined;
  readonly schema: TestSchema | undefined;
  readonly casing: Casing | undefined;
}

/** The CREATE statements of the models folder, or else of the given schema. Throws MODELS_NOT_FOUND when they make nothing. */
export async function statementsOf({
  root,
  models,
  schema,
  casing,
}: StatementSource): Promise<readonly Statement[]> {
  if (models !== undefined) {
    const { statements } = await blueprintFromModels(readConfig(root, { models, casing }), new Date());
    return statements;
  }
  if (schema !== undefined) return statementsOfSchema(schema, casing);
  throw new CleanSlateError("USAGE", "a template needs a schema or a models folder", {
    hint: 'give it { schema }, the imported namespace of the models, or { models: "models" }',
  });
}

const known = new WeakMap<TestSchema, Map<Casing | undefined, Promise<readonly Statement[]>>>();

/** Each test database may ask; the answer for one module namespace stays the same. */
function statementsOfSchema(schema: TestSchema, casing: Casing | undefined): Promise<readonly Statement[]> {
  const byCasing = known.get(schema) ?? new Map<Casing | undefined, Promise<readonly Statement[]>>();
  known.set(schema, byCasing);
  const made = byCasing.get(casing) ?? importDrizzle().then((api) => statementsFrom(api, schema, casing));
  byCasing.set(casing, made);
  return made;
}

async function importDrizzle(): Promise<DrizzleApi> {
  const [orm, core] = await Promise.all([import("drizzle-orm"), import("drizzle-orm/sqlite-core")]);
  return { orm, core };
}

function statementsFrom(
  drizzle: DrizzleApi,
  schema: TestSchema,
  casing: Casing | undefined,
): readonly Statement[] {
  const exports = Object.entries(schema).map(([name, value]) => ({ file: "schema", name, value }));
  const statements = createStatements(schemaFromModels(drizzle, exports, { casing: casing ?? null }));
  if (statements.length > 0) return statements;
  throw new CleanSlateError("MODELS_NOT_FOUND", "the schema exports no table and no view", {
    hint: "export at least one: export const users = sqliteTable(...)",
  });
}
