import { createHash } from "node:crypto";
import { openCacheFolder } from "../project/cache-folder.ts";
import type { Statement } from "../schema/create.ts";
import { fingerprintOf } from "../schema/fingerprint.ts";
import { schemaFromCatalog } from "../schema/from-catalog.ts";
import { columnNames, type ColumnNames } from "../schema/same-columns.ts";
import type { CatalogRow } from "../schema/types.ts";
import { VERSION } from "../version.ts";

/** What is known of statements once they were executed. */
export interface Proof {
  /** The catalog a database has after them. */
  readonly rows: readonly CatalogRow[];
  readonly fingerprint: string;
  readonly columns: ColumnNames;
}

/** A row that holds the text of a statement names it by its position. */
type KeptRow = readonly [CatalogRow["type"], name: string, table: string, sql: string | number | null];

interface Kept extends Omit<Proof, "rows"> {
  readonly rows: readonly KeptRow[];
}

/** A project goes back and forth between some versions of its schema; each costs as much as its SQL. */
const KEPT_PROOFS = 16;

/**
 * Executes statements in memory, unless exactly these were executed before, be it for the models or for a migration file. Throws
 * SQL_INVALID, naming the statement.
 */
export async function prove(root: string, statements: readonly Statement[]): Promise<Proof> {
  const cache = openCacheFolder(root);
  const name = `proof-${hashOf(statements)}.json`;
  const kept = cache.read(name) as Partial<Kept> | null;
  if (kept?.rows && kept.columns && kept.fingerprint) return unpacked(kept as Kept, statements);
  const { proveStatements } = await import("../database/scratch.ts");
  const rows = await proveStatements(statements);
  const made = schemaFromCatalog(rows);
  const proof = { rows, fingerprint: fingerprintOf(made), columns: columnNames(made) };
  cache.write(name, packed(proof, statements));
  cache.prune("proof-", KEPT_PROOFS);
  return proof;
}

function hashOf(statements: readonly Statement[]): string {
  const meant = statements.map(({ kind, name, sql }) => [kind, name, sql]);
  const text = JSON.stringify([VERSION, meant]);
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

function packed(proof: Proof, statements: readonly Statement[]): Kept {
  const positions = new Map(statements.map(({ sql }, position) => [sql, position]));
  const pack = ({ type, name, table, sql }: CatalogRow): KeptRow => [
    type,
    name,
    table,
    sql === null ? null : (positions.get(sql) ?? sql),
  ];
  return { ...proof, rows: proof.rows.map(pack) };
}

function unpacked(kept: Kept, statements: readonly Statement[]): Proof {
  const unpack = ([type, name, table, sql]: KeptRow): CatalogRow => ({
    type,
    name,
    table,
    sql: typeof sql === "number" ? (statements[sql]?.sql ?? null) : sql,
  });
  return { ...kept, rows: kept.rows.map(unpack) };
}
