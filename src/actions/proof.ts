import type { MadeUnit } from "../database/scratch.ts";
import { CleanSlateError } from "../errors.ts";
import type { ProofCache, UnitProof } from "../project/proof-cache.ts";
import type { Statement } from "../schema/create.ts";
import { fingerprintFrom } from "../schema/fingerprint.ts";
import { schemaFromCatalog } from "../schema/from-catalog.ts";
import { joinedOutline, outlineOf, type Outline } from "../schema/outline.ts";
import {
  foreignTables,
  neededTables,
  proofUnits,
  tablesOf,
  unitsByTable,
  type ProofUnit,
  type Units,
} from "../schema/proof-units.ts";
import { columnNames } from "../schema/same-columns.ts";
import type { CatalogRow } from "../schema/types.ts";
import { foldName } from "../sql/identifier.ts";

/** What is known of statements once they were executed. */
export interface Proof {
  /** The catalog a database has after them, without what the engine makes for itself. */
  readonly rows: readonly CatalogRow[];
  readonly fingerprint: string;
  /** The names of each table's columns, by the table's folded name. */
  readonly columns: ReadonlyMap<string, readonly string[]>;
}

/**
 * Executes statements in memory: those that were not executed before, be it for the models or for a migration file, and those that
 * need a table that has changed since. What fails in parts, or makes two things of one name (a table and another one's shadow table, say),
 * is executed as a whole, which decides. Throws SQL_INVALID, naming the statement.
 */
export async function prove(cache: ProofCache, statements: readonly Statement[]): Promise<Proof> {
  const units = proofUnits(statements);
  const parted = units.length > 1 ? await provenInParts(cache, units) : null;
  return parted ?? joined(await proveUnits(cache, [{ table: null, statements }]));
}

/** What the proofs of these statements say together; null where one of them is not kept. */
export function keptOutline(cache: ProofCache, statements: readonly Statement[]): Outline | null {
  const units = proofUnits(statements);
  const known = cache.of(units);
  const proofs = units.map((unit) => known.read(unit)).filter((proof) => proof !== null);
  return proofs.length === units.length ? joinedOutline(proofs) : null;
}

async function provenInParts(cache: ProofCache, units: readonly ProofUnit[]): Promise<Proof | null> {
  try {
    const proof = joined(await proveUnits(cache, units));
    return hasTwins(proof.rows) ? null : proof;
  } catch (error) {
    if (error instanceof CleanSlateError) return null;
    throw error;
  }
}

const proven = new WeakMap<readonly CatalogRow[], readonly UnitProof[]>();

/** What is known of the rows of a proof made by this process; else null. */
export function provenOutline(rows: readonly CatalogRow[]): Outline | null {
  const proofs = proven.get(rows);
  return proofs === undefined ? null : joinedOutline(proofs);
}

function joined(proofs: readonly UnitProof[]): Proof {
  const rows = proofs.flatMap((proof) => proof.rows);
  proven.set(rows, proofs);
  return {
    rows,
    fingerprint: fingerprintFrom(proofs.flatMap(({ digests }) => digests)),
    columns: new Map(proofs.flatMap(({ columns }) => Object.entries(columns))),
  };
}

function hasTwins(rows: readonly CatalogRow[]): boolean {
  const names = rows.map(({ type, name }) => `${type === "trigger" ? type : ""} ${foldName(name)}`);
  return new Set(names).size < names.length;
}

async function proveUnits(cache: ProofCache, units: readonly ProofUnit[]): Promise<readonly UnitProof[]> {
  const known = cache.of(units);
  const proofs = new Map(units.map((unit) => [unit, known.read(unit)]));
  const missing = units.filter((unit) => proofs.get(unit) === null);
  if (missing.length > 0) {
    const { executeUnits } = await import("../database/scratch.ts");
    const byTable = unitsByTable(units);
    for (const made of executeUnits(missing, units)) {
      const proof = unitProof(made, byTable);
      proofs.set(made.unit, proof);
      known.add(made.unit, proof);
    }
    known.save();
  }
  return [...proofs.values()].filter((proof) => proof !== null);
}

function unitProof({ unit, rows }: MadeUnit, units: Units): UnitProof {
  const schema = schemaFromCatalog(rows);
  const parents = unit.table === null ? [] : tablesOf(foreignTables(unit), units);
  const needs = neededTables(unit, units);
  return { rows, columns: columnNames(schema), ...outlineOf(schema, parents), needs };
}
