import { CleanSlateError } from "../errors.ts";
import { chunksOf } from "../sql/chunks.ts";
import { foldName } from "../sql/identifier.ts";
import { nameBehind, nameIn, tokenize } from "../sql/tokens.ts";
import { createTable, type Statement } from "./create.ts";
import { parseTable } from "./parse-table.ts";
import type { Table } from "./types.ts";

/**
 * What is proven for itself, and holds as long as its own text and that of the tables it needs stay the same: a table with its
 * indexes, or all that is neither. Where statements cannot be parted without a doubt they are one unit.
 */
export interface ProofUnit {
  /** Folded name of the table. */
  readonly table: string | null;
  readonly statements: readonly Statement[];
}

/** Units that are executed together in an empty database. */
export interface ProofGroup {
  /** What they need; proven in a unit of its own. */
  readonly context: readonly Statement[];
  readonly units: readonly ProofUnit[];
}

/** Parts statements into units, the tables in their order, then the rest. */
export function proofUnits(statements: readonly Statement[]): readonly ProofUnit[] {
  const tables = tableUnits(statements);
  if (tables === null) return [{ table: null, statements }];
  const programs = statements.filter(({ kind }) => kind !== "table" && kind !== "index");
  return programs.length === 0 ? tables : [...tables, { table: null, statements: programs }];
}

/** Null when an index has no table, or a name is taken twice. */
function tableUnits(statements: readonly Statement[]): ProofUnit[] | null {
  const units = new Map<string, Statement[]>();
  const taken = new Set<string>();
  for (const statement of statements) {
    const { kind } = statement;
    const name = foldName(statement.name);
    if (kind !== "trigger" && taken.size === taken.add(name).size) return null;
    if (kind === "table") units.set(name, [statement]);
    if (kind !== "index") continue;
    const unit = units.get(foldName(tableOf(statement)));
    if (unit === undefined) return null;
    unit.push(statement);
  }
  return [...units].map(([table, own]) => ({ table, statements: own }));
}

function tableOf({ table, sql }: Statement): string {
  return table ?? nameBehind(tokenize(sql), "on") ?? "";
}

/** All units of some statements, the table of each by its name. */
export type Units = ReadonlyMap<string, ProofUnit>;

export function unitsByTable(units: readonly ProofUnit[]): Units {
  return new Map(units.flatMap((unit) => (unit.table === null ? [] : [[unit.table, unit] as const])));
}

/**
 * The tables whose text decides over a unit besides its own: those a table references. Null for all there are: what is no table may
 * mention any that appears, fire what a new one does to another, or need what an index makes; a table may reference such a thing.
 */
export function neededTables(unit: ProofUnit, units: Units): string[] | null {
  if (unit.table === null) return null;
  const parents = foreignTables(unit).filter((parent) => parent !== unit.table);
  return parents.every((parent) => units.has(parent)) ? [...new Set(parents)] : null;
}

/** Folded names of what the table of a unit references. */
export function foreignTables(unit: ProofUnit): string[] {
  return tableFrom(unit).foreignKeys.map(({ foreignTable }) => foldName(foreignTable));
}

/** Tables of one group. */
const GROUP_TABLES = 100;

/**
 * Gathers units for their proof, in groups because SQLite reads through the whole catalog at every CREATE. A table comes with the
 * tables it references as far as a foreign key needs them, anything else with the tables it mentions. Null when a table's text is not
 * understood: it goes nowhere but into the whole.
 */
export function proofGroups(
  wanted: readonly ProofUnit[],
  units: Units,
  size = GROUP_TABLES,
): ProofGroup[] | null {
  const isAll = wanted.filter(({ table }) => table !== null).length === units.size;
  if (isAll && units.size <= size) return [{ context: [], units: wanted }];
  try {
    const tables = wanted.filter(({ table }) => table !== null);
    return [
      ...chunksOf(tables, size).map((part) => ({
        context: stubsOf(parentsOf(part, units), units),
        units: part,
      })),
      ...wanted.filter(({ table }) => table === null).map((unit) => programGroup(unit, units)),
    ];
  } catch (error) {
    if (error instanceof CleanSlateError) return null;
    throw error;
  }
}

function programGroup(unit: ProofUnit, units: Units): ProofGroup {
  const mentioned = mentionedTables(unit, units);
  const fires = unit.statements.some(({ kind }) => kind === "trigger");
  const tables = (fires ? withReferencing(mentioned, units) : mentioned).flatMap(
    (table) => units.get(table) ?? [],
  );
  const context = [
    ...stubsOf(parentsOf(tables, units), units),
    ...tables.flatMap(({ statements }) => statements),
  ];
  return { context, units: [unit] };
}

/** What a trigger writes to a table, foreign keys carry on to those that reference it. */
function withReferencing(tables: readonly string[], units: Units): string[] {
  const children = new Map<string, string[]>();
  for (const [table, unit] of units)
    for (const parent of foreignTables(unit)) children.set(parent, [...(children.get(parent) ?? []), table]);
  const reached = new Set(tables);
  for (const table of reached) for (const child of children.get(table) ?? []) reached.add(child);
  return [...reached];
}

function mentionedTables({ statements }: ProofUnit, units: Units): string[] {
  const names = statements.flatMap(({ sql }) => tokenize(sql).flatMap((token) => nameIn(token) ?? []));
  return [...new Set(names.map(foldName))].filter((name) => units.has(name));
}

/** The tables that some units reference and that are not among them. */
function parentsOf(part: readonly ProofUnit[], units: Units): string[] {
  const present = new Set(part.map(({ table }) => table));
  const parents = part.flatMap(foreignTables);
  return [...new Set(parents)].filter((parent) => units.has(parent) && !present.has(parent));
}

/** The tables of these names, without their indexes. */
export function tablesOf(names: readonly string[], units: Units): Table[] {
  return names.flatMap((name) => units.get(name) ?? []).map(tableFrom);
}

/** Throws SQL_INVALID when the text is not understood. */
function tableFrom({ statements: [create] }: ProofUnit): Table {
  return parseTable(create?.sql ?? "");
}

/** Tables without foreign keys of their own, and with what a foreign key to them needs. */
function stubsOf(tables: readonly string[], units: Units): Statement[] {
  return tables.flatMap((name) => units.get(name) ?? []).flatMap(stubOf);
}

function stubOf(unit: ProofUnit): Statement[] {
  return unit.statements.flatMap((statement) => {
    if (statement.kind === "table")
      return { ...statement, sql: createTable({ ...tableFrom(unit), foreignKeys: [] }) };
    return tokenize(statement.sql, 2)[1]?.word === "unique" ? statement : [];
  });
}
