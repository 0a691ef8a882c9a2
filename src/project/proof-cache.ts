import { createHash } from "node:crypto";
import type { ProofUnit } from "../schema/proof-units.ts";
import type { ColumnNames } from "../schema/same-columns.ts";
import type { CatalogRow } from "../schema/types.ts";
import { VERSION } from "../version.ts";
import { openCacheFolder } from "./cache-folder.ts";
import { keptRows, rowsFromKept, type KeptRow } from "./kept-rows.ts";

/** What is known of a unit once it was executed. */
export interface UnitProof {
  /** Its part of the catalog. */
  readonly rows: readonly CatalogRow[];
  readonly columns: ColumnNames;
  /** Of its objects, for the fingerprint. */
  readonly digests: readonly string[];
  /** Folded names of the tables it was executed with. */
  readonly needs: readonly string[];
}

export interface ProofCache {
  /** What is known of a unit, when neither its own text nor that of a table it needs has changed since; else null. */
  read(unit: ProofUnit): UnitProof | null;
  add(unit: ProofUnit, proof: UnitProof): void;
  /** Writes it down, the newest first. */
  save(): void;
}

interface Kept extends Omit<UnitProof, "rows"> {
  readonly rows: readonly KeptRow[];
  /** Hash of what the needed tables said. */
  readonly around: string;
}

/** Of other versions of a schema, between which a project goes back and forth, as many units are kept as this one has, and so many more. */
const SPARE_UNITS = 200;

/** Keeps what is known of units under their own text, one file for each project. `units` are all of one schema. */
export function openProofCache(root: string, units: readonly ProofUnit[]): ProofCache {
  const folder = openCacheFolder(root);
  const name = `proof-${hash([VERSION, root]).slice(0, 16)}.json`;
  const kept = new Map(Object.entries((folder.read(name) ?? {}) as Readonly<Record<string, Partial<Kept>>>));
  const keys = new Map(units.map((unit) => [unit, keyOf(unit)]));
  const tables = new Map(units.map((unit) => [unit.table, keys.get(unit)]));
  const keyOfUnit = (unit: ProofUnit): string => keys.get(unit) ?? "";
  const aroundOf = (needs: readonly string[]): string =>
    hash(needs.map((table) => tables.get(table) ?? null));
  return {
    read: (unit) => {
      const found = kept.get(keyOfUnit(unit));
      if (!found?.rows || !found.columns || !found.digests || !found.needs) return null;
      if (found.around !== aroundOf(found.needs)) return null;
      const { columns, digests, needs } = found;
      return { rows: rowsFromKept(found.rows, unit.statements), columns, digests, needs };
    },
    add: (unit, proof) => {
      const rows = keptRows(proof.rows, unit.statements);
      kept.set(keyOfUnit(unit), { ...proof, rows, around: aroundOf(proof.needs) });
    },
    save: () => {
      const current = new Set(keys.values());
      const others = [...kept].filter(([key]) => !current.has(key)).slice(0, units.length + SPARE_UNITS);
      const own = [...kept].filter(([key]) => current.has(key));
      folder.write(name, Object.fromEntries([...own, ...others]));
    },
  };
}

function keyOf({ statements }: ProofUnit): string {
  return hash(statements.map(({ kind, name, sql }) => [kind, name, sql])).slice(0, 24);
}

function hash(content: unknown): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("base64url");
}
