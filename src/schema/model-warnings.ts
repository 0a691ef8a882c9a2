import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { DrizzleApi, ModelExport } from "./drizzle.ts";

/** How close to the moment of loading a Date default must be to look like `new Date()`; milliseconds. */
const JUST_NOW = 60_000;

/** What is legal in a model and yet never meant: a default that is another one on every run. */
export function modelWarnings(
  { orm, core }: DrizzleApi,
  models: readonly ModelExport[],
  now: Date,
): string[] {
  const tables = new Map<SQLiteTable, string>();
  for (const { value, file } of models) if (orm.is(value, core.SQLiteTable)) tables.set(value, file);
  return [...tables].flatMap(([table, file]) =>
    Object.values(orm.getTableColumns(table))
      .filter(
        ({ default: value }) => value instanceof Date && Math.abs(now.getTime() - value.getTime()) < JUST_NOW,
      )
      .map(
        ({ name }) =>
          `${file}: the default of "${orm.getTableName(table)}"."${name}" is the time of loading, another one on every run; ` +
          "write .$defaultFn(() => new Date()) or .default(sql`(unixepoch())`)",
      ),
  );
}
