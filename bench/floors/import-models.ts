// The floor of a tool that runs under tsx: import the models, read every table's configuration, write a file.
// tsx import-models.ts <index.ts> <file>
import { writeFileSync } from "node:fs";
import { is } from "drizzle-orm";
import { getTableConfig, SQLiteTable } from "drizzle-orm/sqlite-core";

const [entry = "", target = ""] = process.argv.slice(2);
const models = (await import(entry)) as Record<string, unknown>;
const tables = Object.values(models)
  .filter((value) => is(value, SQLiteTable))
  .map((table) => getTableConfig(table));
const parts = tables.map(
  ({ name, columns, indexes, foreignKeys }) =>
    `-- ${name}: ${columns.length + indexes.length + foreignKeys.map((key) => key.reference()).length} parts\n`,
);
writeFileSync(target, parts.join(""));
