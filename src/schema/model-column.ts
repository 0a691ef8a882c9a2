import type { SQL } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import { CleanSlateError } from "../errors.ts";
import { literal } from "../sql/literal.ts";
import { isConstant, isParenthesised, trimSql } from "../sql/expression.ts";
import { attempt, type ModelContext } from "./model-context.ts";
import type { Column, Generated } from "./types.ts";
import { memoize } from "../sql/memoize.ts";

/** Reads one Drizzle column. `$default`, `$defaultFn`, `$onUpdate` and `$type` live in JavaScript and leave no trace here. */
export function columnFromModel(context: ModelContext, table: string, model: SQLiteColumn): Column {
  const name = context.renderer.columnName(model);
  const part = `column "${name}"`;
  const generated = attempt(table, part, () => generatedFromModel(context, model));
  const byDefault = attempt(table, part, () => defaultFromModel(context, model));
  if (generated && byDefault !== null) {
    throw new CleanSlateError(
      "MODELS_INVALID",
      `table "${table}", ${part} is generated and has a default: SQLite allows one of the two`,
      {
        hint: "remove .default() or .generatedAlwaysAs()",
      },
    );
  }
  return {
    name,
    type: model.getSQLType(),
    notNull: model.notNull,
    default: byDefault,
    collate: null,
    generated,
    notNullConflict: null,
  };
}

function defaultFromModel({ drizzle, renderer }: ModelContext, model: SQLiteColumn): string | null {
  const value: unknown = model.default;
  if (!model.hasDefault || value === undefined) return null;
  const stored = value === null || drizzle.orm.is(value, drizzle.orm.SQL) ? value : storedValue(model, value);
  return defaultClause(
    drizzle.orm.is(stored, drizzle.orm.SQL) ? renderer.expression(stored) : literal(stored),
  );
}

/** Number modes of NUMERIC are mapped to text for the driver, which SQLite turns back; and REAL keeps no sign of zero. */
function storedValue(model: SQLiteColumn, value: unknown): unknown {
  if (value instanceof Date && Number.isNaN(value.getTime()))
    throw new RangeError("its default is an invalid Date");
  if (model.columnType === "SQLiteReal" && value === 0) return 0;
  const isNumeric = model.columnType === "SQLiteNumericNumber" || model.columnType === "SQLiteNumericBigInt";
  return isNumeric ? value : model.mapToDriverValue(value);
}

/** SQLite takes a bare literal after DEFAULT; anything else must stand in parentheses (lang_createtable.html#the_default_clause). */
const defaultClause = memoize((text: string): string => {
  if (/^[\s()]*$/.test(text)) throw new SyntaxError("its sql default is empty");
  return isConstant(text) || isParenthesised(text) ? text : `(${text})`;
});

function generatedFromModel({ drizzle, renderer }: ModelContext, model: SQLiteColumn): Generated | null {
  const { generated } = model;
  if (!generated) return null;
  const as: unknown = typeof generated.as === "function" ? (generated.as as () => SQL)() : generated.as;
  const expression = drizzle.orm.is(as, drizzle.orm.SQL) ? renderer.expression(as) : trimSql(String(as));
  if (expression === "") throw new SyntaxError("its generated expression is empty");
  return { expression, stored: "mode" in generated && generated.mode === "stored" };
}
