import { identifier } from "../sql/identifier.ts";
import {
  cursorOver,
  expectOperator,
  expectWords,
  isOperator,
  peekWord,
  takeList,
  takeName,
  takeOperator,
  takeQualifiedName,
  takeToken,
  takeWords,
  takeGroup,
  unexpected,
  type Cursor,
} from "../sql/cursor.ts";
import { memoize } from "../sql/memoize.ts";
import { takeColumn } from "./parse-column.ts";
import { takeConflict, takeDeferrable, takeReferences, takeTerm } from "./parse-parts.ts";
import { columnOfTerm, rowidAliasOf } from "./rowid-alias.ts";
import type { TableDraft } from "./table-draft.ts";
import type { ForeignKey, PrimaryKey, Table } from "./types.ts";

/**
 * Reads a CREATE TABLE statement (https://www.sqlite.org/lang_createtable.html) into a table without indexes. Fails with
 * `SQL_INVALID` on text SQLite would not take either. Catalogs are read before, after and beside each other, and hold mostly the
 * same texts.
 */
export const parseTable = memoize((sql: string): Table => {
  const cursor = cursorOver(sql);
  const name = takeHeader(cursor);
  const draft = newDraft();
  expectOperator(cursor, "(");
  do takeDefinition(cursor, draft);
  while (takeOperator(cursor, ","));
  expectOperator(cursor, ")");
  const options = takeOptions(cursor);
  const { keyOnColumn, ...parts } = draft;
  const table = { name, ...parts, indexes: [], options };
  return keyOnColumn ? table : withPlainIntegerKey(table);
});

function newDraft(): TableDraft {
  return { columns: [], primaryKey: null, keyOnColumn: false, uniques: [], foreignKeys: [], checks: [] };
}

function takeHeader(cursor: Cursor): string {
  expectWords(cursor, "create");
  if (!takeWords(cursor, "temp")) takeWords(cursor, "temporary");
  expectWords(cursor, "table");
  takeWords(cursor, "if", "not", "exists");
  return takeQualifiedName(cursor);
}

const TABLE_CONSTRAINTS = new Set(["constraint", "primary", "unique", "check", "foreign"]);

/** Reads one column, or table constraints: the commas between those are optional in SQLite. */
function takeDefinition(cursor: Cursor, draft: TableDraft): void {
  if (!TABLE_CONSTRAINTS.has(peekWord(cursor))) takeColumn(cursor, draft);
  else while (!isOperator(cursor, ",") && !isOperator(cursor, ")")) takeTableConstraint(cursor, draft);
}

function takeTableConstraint(cursor: Cursor, draft: TableDraft): void {
  let name: string | null = null;
  while (takeWords(cursor, "constraint")) name = takeName(cursor);
  if (isOperator(cursor, ",") || isOperator(cursor, ")")) return;
  if (takeWords(cursor, "primary", "key")) draft.primaryKey = takePrimaryKey(cursor, name);
  else if (takeWords(cursor, "unique")) {
    draft.uniques.push({ name, terms: takeList(cursor, takeTerm), conflict: takeConflict(cursor) });
  } else if (takeWords(cursor, "check")) {
    draft.checks.push({ name, expression: takeGroup(cursor) });
    takeConflict(cursor);
  } else if (takeWords(cursor, "foreign", "key")) draft.foreignKeys.push(takeForeignKey(cursor, name));
  else throw unexpected(cursor);
}

function takePrimaryKey(cursor: Cursor, name: string | null): PrimaryKey {
  let autoincrement = false;
  const terms = takeList(cursor, (at) => {
    const term = takeTerm(at);
    autoincrement = takeWords(at, "autoincrement") || autoincrement;
    return term;
  });
  return { name, terms, autoincrement, conflict: takeConflict(cursor) };
}

function takeForeignKey(cursor: Cursor, name: string | null): ForeignKey {
  const columns = takeList(cursor, takeName);
  expectWords(cursor, "references");
  const reference = takeReferences(cursor);
  return { name, columns, ...reference, deferrable: takeDeferrable(cursor) };
}

/** Reads what follows the closing parenthesis: words, joined within an option, options apart by commas. */
function takeOptions(cursor: Cursor): string[] {
  const options: string[] = [];
  while (cursor.at < cursor.tokens.length) {
    if (takeOperator(cursor, ";") || takeOperator(cursor, ",")) continue;
    const words: string[] = [];
    while (peekWord(cursor) !== "") words.push(takeToken(cursor).text.toUpperCase());
    if (words.length === 0) throw unexpected(cursor);
    options.push(words.join(" "));
  }
  return [...new Set(options)].toSorted();
}

/**
 * SQLite takes `PRIMARY KEY (id …)` in a table constraint as the rowid when `id` is INTEGER: COLLATE is lost, and DESC too
 * unless WITHOUT ROWID makes it an ordinary key in the end. The key is kept as it works.
 */
function withPlainIntegerKey(table: Table): Table {
  const { primaryKey } = table;
  const [term = "", ...others] = primaryKey?.terms ?? [];
  const name = columnOfTerm(term);
  if (primaryKey === null || name === null || others.length > 0) return table;
  const plain = { ...primaryKey, terms: [identifier(name)] };
  if (rowidAliasOf({ ...table, primaryKey: plain, options: [] }) === null) return table;
  const keepsOrder = table.options.includes("WITHOUT ROWID") && term.endsWith(" DESC");
  return { ...table, primaryKey: keepsOrder ? { ...plain, terms: [`${identifier(name)} DESC`] } : plain };
}
