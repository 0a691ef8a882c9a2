import { groupBy } from "../group.ts";
import { camelCase, pascalCase } from "./names.ts";
import { uniqueName } from "./sql.ts";
import type { Column, ForeignKey, Table } from "./types.ts";

/** The models as a project on drizzle-orm has them (0.45 and 1.0 alike): file name → TypeScript, one file a module. */
export function drizzleFiles(tables: readonly Table[], orm = "drizzle-orm"): Map<string, string> {
  const places = new Map(tables.map((table) => [table.name, table.file]));
  const byFile = groupBy(tables, ({ file }) => file);
  return new Map([...byFile].map(([file, own]) => [`${file}.ts`, fileOf(own, places, orm)]));
}

/** One module that exports what all of them do. */
export function drizzleIndex(files: Iterable<string>, folder: string): string {
  return [...files].map((file) => `export * from "./${folder}/${file.replace(/\.ts$/, "")}";\n`).join("");
}

function fileOf(tables: readonly Table[], places: ReadonlyMap<string, string>, orm: string): string {
  const body = tables.map(tableOf).join("\n");
  const [own] = tables;
  const names = ["check", "foreignKey", "index", "primaryKey", "sqliteTable", "unique"];
  const builders = ["blob", "integer", "numeric", "real", "text"];
  const used = [...names, ...builders].filter((name) => new RegExp(`(?<![.\\w])${name}\\(`).test(body));
  const type = body.includes("AnySQLiteColumn") ? ["type AnySQLiteColumn"] : [];
  const others = new Set(tables.flatMap(({ foreignKeys }) => foreignKeys.map(({ table }) => table)));
  const byFile = groupBy(others, (table) => places.get(table) ?? "");
  const imports = [...byFile]
    .filter(([file]) => file !== own?.file)
    .map(([file, targets]) => `import { ${targets.map(camelCase).join(", ")} } from "./${file}";\n`);
  return [
    body.includes("sql`") ? `import { sql } from "${orm}";\n` : "",
    `import { ${[...type, ...used].join(", ")} } from "${orm}/sqlite-core";\n`,
    ...imports,
    `\n${body}`,
  ].join("");
}

function tableOf(table: Table): string {
  const columns = table.columns.map(
    (column) => `    ${camelCase(column.name)}: ${columnOf(table, column)},\n`,
  );
  const extras = extrasOf(table).map((extra) => `    ${extra},\n`);
  const last = extras.length === 0 ? "" : `  (t) => [\n${extras.join("")}  ],\n`;
  const name = camelCase(table.name);
  return `export const ${name} = sqliteTable(
  "${table.name}",
  {
${columns.join("")}  },
${last});

export type ${pascalCase(table.name)} = typeof ${name}.$inferSelect;
`;
}

function columnOf(table: Table, column: Column): string {
  const { name, kind, key, isNotNull, isUnique, default: value } = column;
  const parts = [builderOf(column)];
  if (key !== null)
    parts.push(key === "autoincrement" ? ".primaryKey({ autoIncrement: true })" : ".primaryKey()");
  if (key === null && isNotNull) parts.push(".notNull()");
  if (isUnique) parts.push(`.unique("${uniqueName(table, column)}")`);
  if (value?.kind === "sql") parts.push(`.default(sql\`${value.sql}\`)`);
  if (value?.kind === "literal") parts.push(`.default(${JSON.stringify(value.value)})`);
  if (kind === "timestamp" && name === "updated_at") parts.push(".$onUpdate(() => new Date())");
  const reference = table.foreignKeys.find(({ columns }) => columns.length === 1 && columns[0] === name);
  return parts.join("") + (reference ? referenceOf(reference) : "");
}

function builderOf({ name, kind, values }: Column): string {
  switch (kind) {
    case "enum":
      return `text("${name}", { enum: ${JSON.stringify(values)} })`;
    case "json":
      return `text("${name}", { mode: "json" })`;
    case "boolean":
    case "timestamp":
    case "timestamp_ms":
      return `integer("${name}", { mode: "${kind}" })`;
    case "blob":
      return `blob("${name}", { mode: "buffer" })`;
    default:
      return `${kind}("${name}")`;
  }
}

function referenceOf({ table, refColumns, onDelete, onUpdate }: ForeignKey): string {
  const column = `${camelCase(table)}.${camelCase(refColumns[0] ?? "")}`;
  return `.references((): AnySQLiteColumn => ${column}, { onDelete: "${onDelete}", onUpdate: "${onUpdate}" })`;
}

function extrasOf({ primaryKey, uniques, indexes, checks, foreignKeys }: Table): string[] {
  const of = (owner: string, columns: readonly string[]) =>
    columns.map((column) => `${owner}.${camelCase(column)}`).join(", ");
  return [
    ...(primaryKey.length > 0 ? [`primaryKey({ columns: [${of("t", primaryKey)}] })`] : []),
    ...uniques.map(({ name, columns }) => `unique("${name}").on(${of("t", columns)})`),
    ...indexes.map(({ name, columns, where }) => {
      const condition = where === null ? "" : `.where(sql\`\${t.${camelCase(where)}} = 1\`)`;
      return `index("${name}").on(${of("t", columns)})${condition}`;
    }),
    ...checks.map(
      ({ name, column, condition }) => `check("${name}", sql\`\${t.${camelCase(column)}} ${condition}\`)`,
    ),
    ...foreignKeys
      .filter(({ columns }) => columns.length > 1)
      .map(({ name, columns, table, refColumns, onDelete }) => {
        const targets = of(camelCase(table), refColumns);
        return `foreignKey({ name: "${name}", columns: [${of("t", columns)}], foreignColumns: [${targets}] }).onDelete("${onDelete}")`;
      }),
  ];
}
