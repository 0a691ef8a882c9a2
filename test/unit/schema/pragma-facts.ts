import type { Client } from "@libsql/client/sqlite3";
import { normalizeDefault, normalizeType } from "../../../src/schema/normalize-text.ts";
import { columnOfTerm, rowidAliasOf } from "../../../src/schema/rowid-alias.ts";
import { tableNormalizer } from "../../../src/schema/normalize.ts";
import { tokenize, nameOf } from "../../../src/sql/tokens.ts";
import type { Column, Schema, Table } from "../../../src/schema/types.ts";
import { foldName } from "../../../src/sql/identifier.ts";

/** What SQLite's PRAGMAs can tell about a table, in one comparable shape. */
export interface TableFacts {
  readonly columns: readonly unknown[];
  readonly foreignKeys: readonly string[];
  readonly uniques: readonly string[];
  readonly indexes: readonly string[];
}

/** The facts as SQLite tells them. */
export async function factsFromPragmas(client: Client, table: string): Promise<TableFacts> {
  const query = async (pragma: string, name: string) =>
    (await client.execute({ sql: `SELECT * FROM pragma_${pragma}(?)`, args: [name] })).rows;
  const columns = (await query("table_xinfo", table)).map((row) => ({
    name: row["name"],
    type: normalizeType(row["type"] as string),
    notNull: Boolean(row["notnull"]),
    default: row["dflt_value"] === null ? null : normalizeDefault(row["dflt_value"] as string),
    key: row["pk"],
    generated: Number(row["hidden"]),
  }));
  const foreignKeys = (await query("foreign_key_list", table)).map((row) =>
    JSON.stringify([row["seq"], row["table"], row["from"], row["to"], row["on_update"], row["on_delete"]]),
  );
  const indexes = await Promise.all(
    (await query("index_list", table)).map(async (row) => {
      const keys = (await query("index_xinfo", row["name"] as string)).filter((term) => term["key"] === 1);
      const terms = keys.map((term) => [term["name"], term["desc"], foldName(term["coll"] as string)]);
      const own = row["origin"] === "c" ? [row["name"], row["unique"], row["partial"]] : [];
      return { origin: row["origin"], text: JSON.stringify([...own, terms]) };
    }),
  );
  const textsOf = (origin: string) =>
    indexes.filter((index) => index.origin === origin).map(({ text }) => text);
  return {
    columns,
    foreignKeys: foreignKeys.toSorted(),
    uniques: textsOf("u").toSorted(),
    indexes: textsOf("c").toSorted(),
  };
}

/** The facts as our schema tells them. */
export function factsFromSchema(schema: Schema, table: Table): TableFacts {
  const foreignKeys = table.foreignKeys.flatMap(
    ({ foreignTable, columns, foreignColumns, onUpdate, onDelete }) =>
      columns.map((column, at) =>
        JSON.stringify([
          at,
          foreignTable,
          nameIn(table, column),
          foreignColumns[at] ?? null,
          onUpdate,
          onDelete,
        ]),
      ),
  );
  const indexes = table.indexes.map(({ name, unique, terms, where }) =>
    JSON.stringify([name, Number(unique), Number(where !== null), termFacts(table, terms)]),
  );
  return {
    columns: table.columns.map((column) => columnFacts(table, column)),
    foreignKeys: foreignKeys.toSorted(),
    uniques: uniqueFacts(schema, table).toSorted(),
    indexes: indexes.toSorted(),
  };
}

function columnFacts(table: Table, column: Column): unknown {
  const keyNames = (table.primaryKey?.terms ?? []).map((term) => foldName(columnOfTerm(term) ?? ""));
  const key = keyNames.indexOf(foldName(column.name)) + 1;
  const isImplied = table.options.length > 0 && key > 0 && column !== rowidAliasOf(table);
  return {
    name: column.name,
    type: normalizeType(column.type),
    notNull: column.notNull || isImplied,
    default: column.default === null ? null : normalizeDefault(column.default),
    key,
    generated: column.generated === null ? 0 : column.generated.stored ? 3 : 2,
  };
}

/** The normal form has the constraints SQLite made an index for; those of CREATE INDEX are taken out again. */
function uniqueFacts(schema: Schema, table: Table): string[] {
  const bare = { ...table, indexes: [] };
  const others = schema.tables.filter((other) => other !== table);
  const { indexes, uniques } = tableNormalizer([bare, ...others])(bare);
  const all = [...indexes, ...uniques];
  return all.map(({ terms }) => JSON.stringify([termFacts(table, terms)]));
}

function termFacts(table: Table, terms: readonly string[]): unknown[] {
  return terms.map((term) => {
    const name = nameIn(table, columnOfTerm(term) ?? "");
    const tokens = tokenize(term);
    const at = tokens.findIndex(({ word }, index) => word === "collate" && index > 0);
    const collation = tokens[at + 1];
    const own = table.columns.find((column) => column.name === name)?.collate ?? "BINARY";
    const isDescending = tokens.length > 1 && tokens.at(-1)?.word === "desc";
    return [
      name,
      Number(isDescending),
      foldName(at === -1 || collation === undefined ? own : nameOf(collation)),
    ];
  });
}

function nameIn(table: Table, name: string): string {
  return table.columns.find((column) => foldName(column.name) === foldName(name))?.name ?? name;
}
