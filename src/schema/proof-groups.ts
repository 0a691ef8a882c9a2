import { CleanSlateError } from "../errors.ts";
import { foldName } from "../sql/identifier.ts";
import { nameOf, tokenize } from "../sql/tokens.ts";
import { createTable, type Statement } from "./create.ts";
import { parseTable } from "./parse-table.ts";
import type { Table } from "./types.ts";

/** Statements that are executed together in an empty database. */
export interface ProofGroup {
  /** What the statements need; proven in another group. */
  readonly context: readonly Statement[];
  readonly statements: readonly Statement[];
}

/** Tables of one group. */
const GROUP_TABLES = 100;

/**
 * Parts a large schema, because SQLite reads through the whole catalog at every CREATE. A table comes with its indexes, and with
 * the tables it references as far as a foreign key needs them; views, triggers and virtual tables with the tables they mention.
 * What cannot be parted without a doubt stays together.
 */
export function proofGroups(statements: readonly Statement[], size = GROUP_TABLES): ProofGroup[] {
  const whole = [{ context: [], statements }];
  if (statements.filter(({ kind }) => kind === "table").length <= size) return whole;
  const units = unitsOf(statements);
  if (units === null) return whole;
  const list = [...units.values()];
  const parts = Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
  const programs = statements.filter(({ kind }) => kind !== "table" && kind !== "index");
  return [
    ...parts.map((part) => ({ context: stubsFor(part, units), statements: part.flatMap(statementsOf) })),
    ...(programs.length > 0 ? [programGroup(programs, units)] : []),
  ];
}

/** A table and its indexes. */
interface Unit {
  readonly table: Table;
  readonly statements: Statement[];
}

type Units = ReadonlyMap<string, Unit>;

/** By folded table name; null when a text is not understood, an index has no table, or a name is taken twice. */
function unitsOf(statements: readonly Statement[]): Units | null {
  const units = new Map<string, Unit>();
  const taken = new Set<string>();
  for (const statement of statements) {
    const { kind, name } = statement;
    if (kind !== "trigger" && taken.size === taken.add(foldName(name)).size) return null;
    if (kind === "index") {
      const unit = units.get(foldName(tableOf(statement)));
      if (unit === undefined) return null;
      unit.statements.push(statement);
    } else if (kind === "table") {
      const table = understood(statement);
      if (table === null) return null;
      units.set(foldName(name), { table, statements: [statement] });
    }
  }
  return units;
}

function understood({ sql }: Statement): Table | null {
  try {
    return parseTable(sql);
  } catch (error) {
    if (error instanceof CleanSlateError) return null;
    throw error;
  }
}

function tableOf({ table, sql }: Statement): string {
  if (table !== null) return table;
  const tokens = tokenize(sql);
  const name = tokens[tokens.findIndex(({ word }) => word === "on") + 1];
  return name === undefined ? "" : nameOf(name);
}

function statementsOf({ statements }: Unit): readonly Statement[] {
  return statements;
}

/** The parents of some tables that are not among them, without foreign keys of their own. */
function stubsFor(part: readonly Unit[], units: Units): Statement[] {
  const present = new Set(part);
  const parents = part.flatMap(({ table }) =>
    table.foreignKeys.flatMap(({ foreignTable }) => units.get(foldName(foreignTable)) ?? []),
  );
  return [...new Set(parents)].filter((parent) => !present.has(parent)).flatMap(stubOf);
}

function stubOf({ table, statements }: Unit): Statement[] {
  return statements.flatMap((statement) => {
    if (statement.kind === "table") return { ...statement, sql: createTable({ ...table, foreignKeys: [] }) };
    return tokenize(statement.sql, 2)[1]?.word === "unique" ? statement : [];
  });
}

function programGroup(programs: readonly Statement[], units: Units): ProofGroup {
  const mentioned = new Set(
    programs.flatMap(({ sql }) =>
      tokenize(sql).flatMap((token) => {
        const isName = ["word", "quoted", "string"].includes(token.kind);
        return (isName && units.get(foldName(nameOf(token)))) || [];
      }),
    ),
  );
  const tables = [...mentioned];
  return { context: [...stubsFor(tables, units), ...tables.flatMap(statementsOf)], statements: programs };
}
