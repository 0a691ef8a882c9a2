import { CleanSlateError } from "../errors.ts";
import { foldName } from "../sql/identifier.ts";
import {
  cursorOver,
  expectWords,
  takeList,
  takeName,
  takeQualifiedName,
  takeWords,
  textBetween,
} from "../sql/cursor.ts";
import { isEngineObject, isVirtual, shadowNames } from "./engine-objects.ts";
import { takeTerm } from "./parse-parts.ts";
import { parseTable } from "./parse-table.ts";
import { memoize } from "../sql/memoize.ts";
import { tokenize } from "../sql/tokens.ts";
import type { CatalogRow, Index, Schema, Table, Trigger, View, VirtualTable } from "./types.ts";

/**
 * Reads the rows of `sqlite_schema` into a schema by parsing the stored CREATE text alone, without any PRAGMA. Leaves out
 * what the engine or a platform made. Fails with `DATABASE_UNREADABLE` and the object's name when a text makes no sense.
 */
export function schemaFromCatalog(rows: readonly CatalogRow[]): Schema {
  const shadows = shadowNames(rows);
  const isOurs = (name: string): boolean => !isEngineObject(name) && !shadows.has(foldName(name));
  const draft: SchemaDraft = {
    tables: new Map(),
    indexes: new Map(),
    virtualTables: [],
    views: [],
    triggers: [],
  };
  for (const row of rows) {
    if (row.sql !== null && isOurs(row.name) && isOurs(row.table)) addObject(draft, row, row.sql);
  }
  const { virtualTables, views, triggers } = draft;
  const tables = [...draft.tables].map(([key, table]) => ({
    ...table,
    indexes: draft.indexes.get(key) ?? [],
  }));
  return { tables, virtualTables, views, triggers };
}

/** Reads a CREATE INDEX statement (https://www.sqlite.org/lang_createindex.html); fails with `SQL_INVALID`. */
const parseIndex = memoize((sql: string): Index => {
  const cursor = cursorOver(sql);
  expectWords(cursor, "create");
  const unique = takeWords(cursor, "unique");
  expectWords(cursor, "index");
  takeWords(cursor, "if", "not", "exists");
  const name = takeQualifiedName(cursor);
  expectWords(cursor, "on");
  takeName(cursor);
  const terms = takeList(cursor, takeTerm);
  const hasWhere = takeWords(cursor, "where");
  const end = cursor.tokens.at(-1)?.text === ";" ? cursor.tokens.length - 1 : cursor.tokens.length;
  return { name, unique, terms, where: hasWhere ? textBetween(cursor, cursor.at, end) : null };
});

interface SchemaDraft {
  readonly tables: Map<string, Table>;
  /** By folded table name. */
  readonly indexes: Map<string, Index[]>;
  readonly virtualTables: VirtualTable[];
  readonly views: View[];
  readonly triggers: Trigger[];
}

function addObject(draft: SchemaDraft, row: CatalogRow, sql: string): void {
  try {
    switch (row.type) {
      case "table":
        if (isVirtual(sql)) draft.virtualTables.push(virtualTableFrom(row.name, sql));
        else draft.tables.set(foldName(row.name), { ...parseTable(sql), name: row.name });
        return;
      case "index":
        return addIndex(draft.indexes, foldName(row.table), { ...parseIndex(sql), name: row.name });
      case "view":
        draft.views.push({ name: row.name, sql: withoutSemicolon(sql) });
        return;
      case "trigger":
        draft.triggers.push({ name: row.name, table: row.table, sql: withoutSemicolon(sql) });
    }
  } catch (error) {
    const message = `cannot read the ${row.type} ${JSON.stringify(row.name)} of the database: ${sql}`;
    throw new CleanSlateError("DATABASE_UNREADABLE", message, {
      cause: error,
      hint: "clean-slate apply-migration rebuilds it without reading it; if SQLite takes this text, please report it",
    });
  }
}

function addIndex(indexes: Map<string, Index[]>, table: string, index: Index): void {
  const others = indexes.get(table);
  if (others === undefined) indexes.set(table, [index]);
  else others.push(index);
}

function virtualTableFrom(name: string, sql: string): VirtualTable {
  const cursor = cursorOver(sql);
  expectWords(cursor, "create", "virtual", "table");
  takeWords(cursor, "if", "not", "exists");
  takeQualifiedName(cursor);
  expectWords(cursor, "using");
  return { name, module: takeName(cursor), sql: withoutSemicolon(sql) };
}

function withoutSemicolon(sql: string): string {
  const last = tokenize(sql).findLast((token) => token.text !== ";");
  return last === undefined ? "" : sql.slice(0, last.end);
}
