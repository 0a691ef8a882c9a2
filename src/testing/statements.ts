import { relative, resolve } from "node:path";
import { CleanSlateError } from "../errors.ts";
import { loadModels } from "../project/models.ts";
import { createStatements, type Statement } from "../schema/create.ts";
import type { Casing, DrizzleApi, ModelExport } from "../schema/drizzle.ts";
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
    const folder = resolve(root, models);
    const { drizzle, exports } = await loadModels(root, folder);
    return checked(statementsFrom(drizzle, exports, casing), `"${relative(root, folder) || "."}"`);
  }
  if (schema === undefined) {
    throw new CleanSlateError("USAGE", "a template needs a schema or a models folder", {
      hint: 'give it { schema }, the imported namespace of the models, or { models: "models" }',
    });
  }
  return statementsOfSchema(schema, casing);
}

const known = new WeakMap<TestSchema, Map<Casing | undefined, Promise<readonly Statement[]>>>();

/** Each test database may ask; the answer for one module namespace stays the same. */
function statementsOfSchema(schema: TestSchema, casing: Casing | undefined): Promise<readonly Statement[]> {
  const byCasing = known.get(schema) ?? new Map<Casing | undefined, Promise<readonly Statement[]>>();
  known.set(schema, byCasing);
  const found = byCasing.get(casing);
  if (found) return found;
  const made = importDrizzle().then((drizzle) => {
    const exports = Object.entries(schema).map(([name, value]) => ({ file: "schema", name, value }));
    return checked(statementsFrom(drizzle, exports, casing), "the schema");
  });
  byCasing.set(casing, made);
  return made;
}

async function importDrizzle(): Promise<DrizzleApi> {
  const [orm, core] = await Promise.all([import("drizzle-orm"), import("drizzle-orm/sqlite-core")]);
  return { orm, core };
}

function statementsFrom(
  drizzle: DrizzleApi,
  exports: readonly ModelExport[],
  casing: Casing | undefined,
): readonly Statement[] {
  return createStatements(schemaFromModels(drizzle, exports, { casing: casing ?? null }));
}

function checked(statements: readonly Statement[], where: string): readonly Statement[] {
  if (statements.length > 0) return statements;
  throw new CleanSlateError("MODELS_NOT_FOUND", `no table or view is exported by ${where}`, {
    hint: "export at least one: export const users = sqliteTable(...)",
  });
}
