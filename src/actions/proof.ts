import type { MadeUnit } from "../database/scratch.ts";
import type { ProofCache, UnitProof } from "../project/proof-cache.ts";
import type { Statement } from "../schema/create.ts";
import { digestsOf, fingerprintFrom } from "../schema/fingerprint.ts";
import { schemaFromCatalog } from "../schema/from-catalog.ts";
import {
  neededTables,
  proofUnits,
  tablesOf,
  unitsByTable,
  type ProofUnit,
  type Units,
} from "../schema/proof-units.ts";
import { columnNames, type ColumnNames } from "../schema/same-columns.ts";
import type { CatalogRow } from "../schema/types.ts";
import { foldName } from "../sql/identifier.ts";

/** What is known of statements once they were executed. */
export interface Proof {
  /** The catalog a database has after them, without what the engine makes for itself. */
  readonly rows: readonly CatalogRow[];
  readonly fingerprint: string;
  readonly columns: ColumnNames;
}

/**
 * Executes statements in memory: those that were not executed before, be it for the models or for a migration file, and those that
 * need a table that has changed since. Throws SQL_INVALID, naming the statement.
 */
export async function prove(cache: ProofCache, statements: readonly Statement[]): Promise<Proof> {
  const units = proofUnits(statements);
  const proof = joined(await proveUnits(cache, units));
  if (units.length === 1 || !hasTwins(proof.rows)) return proof;
  // A table and a shadow table of the same name, say: they fail as they would in a database when they are executed together.
  return joined(await proveUnits(cache, [{ table: null, statements }]));
}

function joined(proofs: readonly UnitProof[]): Proof {
  return {
    rows: proofs.flatMap(({ rows }) => rows),
    fingerprint: fingerprintFrom(proofs.flatMap(({ digests }) => digests)),
    columns: Object.assign({}, ...proofs.map(({ columns }) => columns)) as ColumnNames,
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
  const needs = neededTables(unit, units);
  return { rows, columns: columnNames(schema), digests: digestsOf(schema, tablesOf(needs, units)), needs };
}
