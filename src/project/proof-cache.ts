import { hash } from "node:crypto";
import type { Outline } from "../schema/outline.ts";
import type { ProofUnit } from "../schema/proof-units.ts";
import type { ColumnNames } from "../schema/same-columns.ts";
import type { CatalogRow } from "../schema/types.ts";
import { VERSION } from "../version.ts";
import { openCacheFolder } from "./cache-folder.ts";
import { keptRows, rowsFromKept, type KeptRow } from "./kept-rows.ts";

/** What is known of a unit once it was executed. */
export interface UnitProof extends Outline {
  /** Its part of the catalog. */
  readonly rows: readonly CatalogRow[];
  readonly columns: ColumnNames;
  /** Folded names of the tables whose text decides over it; null for all of the schema. */
  readonly needs: readonly string[] | null;
}

/** What is known of all units that were executed in a project, as far as it is kept. */
export interface ProofCache {
  /** Looks at the units of one schema. */
  of(units: readonly ProofUnit[]): UnitProofs;
}

export interface UnitProofs {
  /** What is known of a unit, when neither its own text nor that of what it needs has changed since; else null. */
  read(unit: ProofUnit): UnitProof | null;
  add(unit: ProofUnit, proof: UnitProof): void;
  /** Writes down what is known, that of these units first. */
  save(): void;
}

interface Kept extends Omit<UnitProof, "rows"> {
  readonly rows: readonly KeptRow[];
  /** What these said: their keys, or the hash of all. */
  readonly around: string;
}

/** By the hash of a unit's text. */
type KeptUnits = Map<string, Partial<Kept>>;

/** So many units are kept that are no part of the schema any more, or not yet: a project goes back and forth between some versions. */
const SPARE_UNITS = 300;

/** Reads what is kept for a project. */
export function openProofCache(root: string): ProofCache {
  const folder = openCacheFolder(root);
  const name = `proof-${digest(JSON.stringify([VERSION, root])).slice(0, 16)}.json`;
  const kept: KeptUnits = new Map(Object.entries((folder.read(name) ?? {}) as Record<string, Partial<Kept>>));
  return {
    of: (units) => proofsOf(units, kept, (document) => folder.write(name, document)),
  };
}

function proofsOf(
  units: readonly ProofUnit[],
  kept: KeptUnits,
  write: (document: object) => void,
): UnitProofs {
  const keys = new Map(units.map((unit) => [unit, keyOf(unit)]));
  const tables = new Map(units.map((unit) => [unit.table, keys.get(unit)]));
  const keyed = (unit: ProofUnit): string => keys.get(unit) ?? "";
  const all = digest([...keys.values()].join());
  const aroundOf = (needs: readonly string[] | null): string =>
    needs === null ? all : needs.map((table) => tables.get(table) ?? "none").join();
  return {
    read: (unit) => {
      const found = kept.get(keyed(unit));
      if (!isWhole(found)) return null;
      if (found.around !== aroundOf(found.needs)) return null;
      return { ...found, rows: rowsFromKept(found.rows, unit.statements) };
    },
    add: (unit, proof) => {
      const rows = keptRows(proof.rows, unit.statements);
      kept.set(keyed(unit), { ...proof, rows, around: aroundOf(proof.needs) });
    },
    save: () => {
      const current = new Set(keys.values());
      const others = [...kept.keys()].filter((key) => !current.has(key)).slice(0, SPARE_UNITS);
      write(Object.fromEntries([...current, ...others].map((key) => [key, kept.get(key)])));
    },
  };
}

function isWhole(kept: Partial<Kept> | undefined): kept is Kept {
  const { rows, columns, tables, programs, digests, needs } = kept ?? {};
  return [rows, columns, tables, programs, digests].every(Boolean) && needs !== undefined;
}

function keyOf({ statements }: ProofUnit): string {
  return digest(statements.map(({ kind, name, sql }) => `${kind} ${name}\n${sql}`).join("\0")).slice(0, 24);
}

function digest(text: string): string {
  return hash("sha256", text, "base64url");
}
