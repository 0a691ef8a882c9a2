import { foldName } from "../sql/identifier.ts";
import { cursorOver, takeName, takeQualifiedName, takeWords, type Cursor } from "../sql/cursor.ts";
import { normalizeTokens, normalName } from "../sql/normal-form.ts";
import type { Token } from "../sql/tokens.ts";
import type { Trigger, View, VirtualTable } from "./types.ts";

/** A view in canonical form. */
export function normalizeView(view: View): View {
  const cursor = cursorOver(view.sql);
  skipHeader(cursor, ["view"]);
  const sql = `CREATE VIEW ${normalName(view.name)} ${normalizeTokens(restOf(cursor))}`;
  return { name: foldName(view.name), sql };
}

/**
 * A trigger in canonical form. BEFORE is the default, and FOR EACH ROW the only way there is
 * (https://www.sqlite.org/lang_createtrigger.html).
 */
export function normalizeTrigger(trigger: Trigger): Trigger {
  const cursor = cursorOver(trigger.sql);
  skipHeader(cursor, ["trigger"]);
  const rest = restOf(cursor);
  const isTimed = ["before", "after", "instead"].includes(rest[0]?.word ?? "");
  const at = rest.findIndex(({ word }, index) => word === "for" && rest[index + 1]?.word === "each");
  const begin = rest.findIndex(({ word }) => word === "begin");
  const tokens = at === -1 || at > begin ? rest : [...rest.slice(0, at), ...rest.slice(at + 3)];
  const time = isTimed ? "" : "before ";
  const sql = `CREATE TRIGGER ${normalName(trigger.name)} ${time}${normalizeTokens(tokens)}`;
  return { name: foldName(trigger.name), table: foldName(trigger.table), sql };
}

/** A virtual table in canonical form. Its arguments belong to the module: only their spacing and the case of words go. */
export function normalizeVirtualTable(table: VirtualTable): VirtualTable {
  const cursor = cursorOver(table.sql);
  skipHeader(cursor, ["virtual", "table"]);
  takeWords(cursor, "using");
  takeName(cursor);
  const words = restOf(cursor).map((token) => token.word || token.text);
  const list = words.length > 2 ? ` ${words.join(" ")}` : "";
  const sql = `CREATE VIRTUAL TABLE ${normalName(table.name)} USING ${normalName(table.module)}${list}`;
  return { name: foldName(table.name), module: foldName(table.module), sql };
}

function skipHeader(cursor: Cursor, object: readonly string[]): void {
  takeWords(cursor, "create");
  if (!takeWords(cursor, "temp")) takeWords(cursor, "temporary");
  takeWords(cursor, ...object);
  takeWords(cursor, "if", "not", "exists");
  takeQualifiedName(cursor);
}

function restOf(cursor: Cursor): readonly Token[] {
  let end = cursor.tokens.length;
  while (cursor.tokens[end - 1]?.text === ";") end -= 1;
  return cursor.tokens.slice(cursor.at, end);
}
