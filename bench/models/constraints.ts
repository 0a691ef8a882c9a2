import type { Random } from "./random.ts";
import type { Check, Column, ForeignKey, Index, Table } from "./types.ts";

interface Source {
  readonly number: number;
  readonly name: string;
  readonly random: Random;
  readonly columns: readonly Column[];
  readonly foreignKeys: readonly ForeignKey[];
}

/** The uniques of several columns, the indexes and the checks of a table whose columns are known. */
export function constraintsOf(source: Source): Pick<Table, "uniques" | "indexes" | "checks"> {
  const inForeignKeys = source.foreignKeys.flatMap(({ columns }) => columns);
  // A column that is one of two in a reference is no property of an entity in every dialect: nothing else speaks of it.
  const referring = source.foreignKeys
    .filter(({ columns }) => columns.length === 1)
    .flatMap(({ columns }) => columns);
  const plain = source.columns.filter(
    ({ name, key, isUnique, kind }) =>
      key === null && !isUnique && kind !== "blob" && kind !== "json" && !inForeignKeys.includes(name),
  );
  return {
    uniques: uniquesOf(source, referring, plain),
    indexes: indexesOf(source, referring, plain),
    checks: checksOf(source, plain),
  };
}

function uniquesOf(
  { name, random, foreignKeys }: Source,
  referring: readonly string[],
  plain: readonly Column[],
): Table["uniques"] {
  const text = plain.find(({ kind }) => kind === "text");
  const [first] = referring;
  const isWanted = random.chance(0.3) && foreignKeys.length > 0;
  if (!isWanted || first === undefined || text === undefined) return [];
  return [{ name: `${name}_scope_unique`, columns: [first, text.name] }];
}

function indexesOf(
  { number, name, random }: Source,
  referring: readonly string[],
  plain: readonly Column[],
): Index[] {
  const indexes = referring
    .filter(() => random.chance(0.6))
    .map((column) => ({ name: `${name}_${column}_idx`, columns: [column], where: null }));
  const [first, second, third] = plain;
  const more: Index[] = [];
  if (third && random.chance(0.5))
    more.push({ name: `${name}_${third.name}_idx`, columns: [third.name], where: null });
  if (first && second && random.chance(0.3))
    more.push({ name: `${name}_pair_idx`, columns: [first.name, second.name], where: null });
  const flag = plain.find(({ kind }) => kind === "boolean");
  if (first && flag && number % 17 === 2)
    more.push({ name: `${name}_some_idx`, columns: [first.name], where: flag.name });
  return [...indexes, ...more];
}

function checksOf({ name, random }: Source, plain: readonly Column[]): Check[] {
  const number = plain.find(({ kind }) => kind === "integer" || kind === "real");
  const choice = plain.find(({ kind }) => kind === "enum");
  const checks: Check[] = [];
  if (number && random.chance(0.4))
    checks.push({ name: `${name}_${number.name}_check`, column: number.name, condition: ">= 0" });
  if (choice && random.chance(0.3)) {
    const values = choice.values.map((value) => `'${value}'`).join(", ");
    checks.push({ name: `${name}_${choice.name}_check`, column: choice.name, condition: `in (${values})` });
  }
  return checks;
}
