import type { SQLiteTable, SQLiteView } from "drizzle-orm/sqlite-core";
import { CleanSlateError } from "../errors.ts";
import type { Casing, DrizzleApi, ModelExport } from "./drizzle.ts";
import { createRenderer, type DrizzleRenderer } from "./renderer.ts";
import { identifier } from "../sql/identifier.ts";
import { tableFromModel } from "./model-table.ts";
import { searchesFromModel } from "./model-extras.ts";
import type { Schema, View } from "./types.ts";
import type { WrittenName } from "./validate-names.ts";
import { validateSchema } from "./validate.ts";

export interface ModelOptions {
  readonly casing: Casing | null;
  /** The names of hand-written objects, which the models may not take. */
  readonly written?: readonly WrittenName[];
}

/** A Drizzle table or view with the file that exports it. */
interface Model<T> {
  readonly file: string;
  readonly value: T;
}

/**
 * Makes the schema the models describe. Exports that are neither table nor view are passed over, a table exported twice counts
 * once, `.existing()` views make nothing. Throws MODELS_INVALID, naming the file, for what has no meaning in SQLite.
 */
export function schemaFromModels(
  drizzle: DrizzleApi,
  models: readonly ModelExport[],
  options: ModelOptions = { casing: null },
): Schema {
  const tables = unique<SQLiteTable>(models, (value) => drizzle.orm.is(value, drizzle.core.SQLiteTable));
  const others = models.filter(({ value }) => !drizzle.orm.is(value, drizzle.core.SQLiteTable));
  const views = unique<SQLiteView>(others, (value) => drizzle.orm.is(value, drizzle.core.SQLiteView));
  refuseOtherDialects(drizzle, others);
  const exported = new Set(tables.map((model) => model.value));
  const renderer = createRenderer(drizzle, [...exported], options.casing);
  const tableNames = new Set([...exported].map((table) => drizzle.orm.getTableName(table)));
  const files = new Map<object, string>();
  const context = { drizzle, renderer, exported, tableNames };
  const built = tables.map(({ file, value }) => {
    const table = inFile(file, () => tableFromModel(context, value));
    const searches = inFile(file, () => searchesFromModel(context, value, table));
    const objects = searches.flatMap((search) => [search.virtualTable, ...search.triggers]);
    for (const object of [table, ...objects]) files.set(object, file);
    return { table, searches };
  });
  const builtViews = views.flatMap(({ file, value }) => {
    const view = inFile(file, () => viewFromModel(drizzle, renderer, value));
    if (view) files.set(view, file);
    return view ? [view] : [];
  });
  const searches = built.flatMap((model) => model.searches);
  const schema: Schema = {
    tables: built.map(({ table }) => table),
    virtualTables: searches.map(({ virtualTable }) => virtualTable),
    views: builtViews,
    triggers: searches.flatMap(({ triggers }) => triggers),
  };
  validateSchema(schema, (object) => files.get(object) ?? "", options.written);
  return schema;
}

/** A table imported from `pg-core` by mistake would be passed over, and a rebuild drop what it was meant to make. */
function refuseOtherDialects({ orm, core }: DrizzleApi, others: readonly ModelExport[]): void {
  for (const { file, name, value } of others) {
    if (orm.is(value, core.SQLiteView) || !(orm.is(value, orm.Table) || orm.is(value, orm.View))) continue;
    throw new CleanSlateError(
      "MODELS_INVALID",
      `${file}: "${name}" is a table or view of another database than SQLite`,
      { hint: 'import what it is made with from "drizzle-orm/sqlite-core"' },
    );
  }
}

function unique<T extends object>(
  models: readonly ModelExport[],
  matches: (value: unknown) => boolean,
): Model<T>[] {
  const found = new Map<T, Model<T>>();
  for (const { file, value } of models) {
    if (matches(value) && !found.has(value as T)) found.set(value as T, { file, value: value as T });
  }
  return [...found.values()];
}

/** Gives whatever goes wrong inside one model the name of its file, and a hint where it has none. */
function inFile<T>(file: string, build: () => T): T {
  try {
    return build();
  } catch (error) {
    const { hint = "mend it in that file, then run the command again" } =
      error instanceof CleanSlateError ? error : {};
    const message = error instanceof Error ? error.message : String(error);
    throw new CleanSlateError("MODELS_INVALID", `${file}: ${message}`, { cause: error, hint });
  }
}

function viewFromModel(drizzle: DrizzleApi, renderer: DrizzleRenderer, model: SQLiteView): View | null {
  const { name, query } = drizzle.core.getViewConfig(model);
  if (!query) return null;
  try {
    return { name, sql: `CREATE VIEW ${identifier(name)} AS ${renderer.query(query)}` };
  } catch (error) {
    throw new CleanSlateError("MODELS_INVALID", `view "${name}": ${(error as Error).message}`, {
      cause: error,
    });
  }
}
