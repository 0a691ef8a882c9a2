import { nameBehind, nameOf, tokenize } from "./tokens.ts";

/** What the first line of a CREATE TRIGGER says (https://www.sqlite.org/lang_createtrigger.html). */
export interface TriggerHeader {
  readonly event: "INSERT" | "UPDATE" | "DELETE";
  /** The first column of UPDATE OF; null without. */
  readonly column: string | null;
  readonly table: string;
}

const EVENTS: Readonly<Record<string, TriggerHeader["event"]>> = {
  insert: "INSERT",
  update: "UPDATE",
  delete: "DELETE",
};

/** Reads the event and the table of a trigger; null when the text is none. */
export function triggerHeader(sql: string): TriggerHeader | null {
  const tokens = tokenize(sql);
  const at = tokens.findIndex(({ word }) => Object.hasOwn(EVENTS, word));
  const event = EVENTS[tokens[at]?.word ?? ""];
  const table = nameBehind(tokens, "on", at + 1);
  if (event === undefined || table === null) return null;
  const column = tokens[at + 1]?.word === "of" ? tokens[at + 2] : undefined;
  return { event, column: column === undefined ? null : nameOf(column), table };
}
