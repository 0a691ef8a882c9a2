import { hash } from "node:crypto";
import { memoize } from "../sql/memoize.ts";
import { normalizePrograms, tableNormalizer } from "./normalize.ts";
import type { Schema, Table } from "./types.ts";

/** The 16 hex characters that stand for what a schema means: equal exactly when `diffSchemas` finds no change. */
export const fingerprintOf = memoize(
  (schema: Schema): string => fingerprintFrom(digestsOf(schema)),
  new WeakMap<Schema, string>(),
);

/** The fingerprint of the schema whose objects have these digests, in any order. */
export function fingerprintFrom(digests: readonly string[]): string {
  return hash("sha256", digests.toSorted().join("\n"), "hex").slice(0, 16);
}

/** What each object of a schema means, hashed: its tables in order, then the others. `others` are tables besides, from which a foreign key may take its columns. */
export function digestsOf(schema: Schema, others: readonly Table[] = []): string[] {
  const normalizeTable = tableNormalizer([...others, ...schema.tables]);
  return [
    ...schema.tables.map((table) => digestOf("tables", normalizeTable(table))),
    ...Object.entries(normalizePrograms(schema)).flatMap(([kind, objects]: [string, readonly object[]]) =>
      objects.map((object) => digestOf(kind, object)),
    ),
  ];
}

function digestOf(kind: string, object: object): string {
  return hash("sha256", JSON.stringify([kind, object]), "base64url");
}
