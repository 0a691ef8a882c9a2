import { createClient, type Client } from "@libsql/client";
import { describe, expect, test } from "vitest";
import { CleanSlateError } from "../../src/errors.ts";
import { describeChange, diffSchemas } from "../../src/schema/diff.ts";
import { fingerprintOf } from "../../src/schema/fingerprint.ts";
import { schemaFromCatalog } from "../../src/schema/from-catalog.ts";
import { schemaFromModels } from "../../src/schema/from-models.ts";
import type { CatalogRow, Schema } from "../../src/schema/types.ts";
import { createStatements } from "../../src/sql/create.ts";
import { allCases } from "../cases/all-cases.ts";
import type { Case, Expectation, Probe } from "../cases/case.ts";
import { kitStatements } from "../cases/drizzle-kit.ts";
import { drizzle045Version, drizzle1Version, type DrizzleVersion } from "../cases/drizzle-versions.ts";

const versions = [drizzle045Version, drizzle1Version];
const everyCase = Object.values(allCases).flat();
const counts = { cases: 302, "same-as-kit": 0, ours: 0, refused: 0, only: 0 };

for (const version of versions) {
  for (const [theme, cases] of Object.entries(allCases)) {
    describe(`drizzle-orm ${version.name}: ${theme}`, () => {
      for (const entry of casesFor(version, cases)) test(entry.name, () => proves(entry, version));
    });
  }
}

describe("the hand-written SQL is needed", () => {
  const cases = everyCase.filter((entry) => entry.expect.kind === "ours");
  test.each(cases)("drizzle-kit 0.31 builds no such schema: $name", async (entry) => {
    const kit = await kitStatements(entry).then(built).catch(() => null);
    if (kit) expect(fingerprintOf(kit.schema)).not.toBe(fingerprintOf((await reference(entry)).schema));
  });
});

describe("the table of cases", () => {
  test("holds as many cases of every kind as it says, and runs each on both versions of Drizzle", () => {
    const kinds = everyCase.map((entry) => entry.expect.kind);
    const count = (kind: Expectation["kind"]) => kinds.filter((each) => each === kind).length;
    const only = everyCase.filter((entry) => entry.only !== undefined).length;
    expect({
      cases: everyCase.length,
      "same-as-kit": count("same-as-kit"),
      ours: count("ours"),
      refused: count("refused"),
      only,
    }).toEqual(counts);
    expect(casesFor(drizzle045Version, everyCase)).toHaveLength(counts.cases);
    expect(casesFor(drizzle1Version, everyCase)).toHaveLength(counts.cases - counts.only);
  });

  test("names each case once", () => {
    expect(new Set(everyCase.map((entry) => entry.name)).size).toBe(everyCase.length);
  });
});

function casesFor(version: DrizzleVersion, cases: readonly Case[]): readonly Case[] {
  return cases.filter((entry) => entry.only === undefined || entry.only.drizzle === version.name);
}

async function proves(entry: Case, version: DrizzleVersion): Promise<void> {
  const exports = version.exportsOf(entry);
  if (entry.expect.kind === "refused") return provesRefused(exports, entry, version);
  const [ours, theirs] = await Promise.all([built(ourStatements(exports, entry, version)), reference(entry)]);
  expect(diffSchemas(theirs.schema, ours.schema).map(describeChange)).toEqual([]);
  expect(fingerprintOf(ours.schema)).toBe(fingerprintOf(theirs.schema));
  for (const { client } of [theirs, ours]) await answers(client, exports, entry, version);
}

function provesRefused(exports: Record<string, unknown>, entry: Case, version: DrizzleVersion): void {
  if (entry.expect.kind !== "refused") return;
  const error = thrownBy(() => ourStatements(exports, entry, version));
  expect(error).toBeInstanceOf(CleanSlateError);
  const { code, message } = error as CleanSlateError;
  expect(code).toBe(entry.expect.code);
  for (const mention of entry.expect.mentions) expect(message).toMatch(mention);
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("the models were accepted");
}

function ourStatements(exports: Record<string, unknown>, entry: Case, version: DrizzleVersion): string[] {
  const models = Object.entries(exports).map(([key, value]) => {
    const [file = "", name] = key.split("/");
    return name === undefined ? { file: "models.ts", name: file, value } : { file, name, value };
  });
  const schema = schemaFromModels(version.api, models, { casing: entry.options?.casing ?? null });
  return createStatements(schema).map(({ sql }) => sql);
}

async function reference(entry: Case): Promise<Built> {
  return built(entry.expect.kind === "ours" ? entry.expect.sql : await kitStatements(entry));
}

interface Built {
  readonly client: Client;
  readonly schema: Schema;
}

async function built(statements: readonly string[]): Promise<Built> {
  const client = createClient({ url: ":memory:" });
  for (const sql of statements) {
    await client.execute(sql).catch((cause: unknown) => {
      throw new Error(`${String(cause)}\nin ${sql}`, { cause });
    });
  }
  const { rows } = await client.execute('SELECT type, name, tbl_name AS "table", sql FROM sqlite_schema');
  return { client, schema: schemaFromCatalog(rows as unknown as CatalogRow[]) };
}

async function answers(
  client: Client,
  exports: Record<string, unknown>,
  entry: Case,
  version: DrizzleVersion,
): Promise<void> {
  for (const probe of entry.insert ?? []) {
    if ("fails" in probe) await expect(run(client, probe.run)).rejects.toThrow(probe.fails);
    else {
      await run(client, probe.run);
      const rows = "from" in probe ? await version.read(client, exports[probe.from], entry.options?.casing) : await query(client, probe);
      expect(rows.map(comparable)).toEqual(probe.gives.map(comparable));
    }
  }
}

async function run(client: Client, statements: readonly string[]): Promise<void> {
  for (const sql of statements) await client.execute(sql);
}

async function query(client: Client, probe: Extract<Probe, { query: string }>): Promise<Record<string, unknown>[]> {
  const { rows } = await client.execute(probe.query);
  return rows.map((row) => ({ ...row }));
}

/** The versions read bytes back in classes of their own; what counts is the bytes. */
function comparable(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => {
      const isBytes = value instanceof ArrayBuffer || ArrayBuffer.isView(value);
      return [key, isBytes ? { bytes: Buffer.from(value as Uint8Array).toString("hex") } : value];
    }),
  );
}
