import { createClient, type Client } from "@libsql/client";
import { describe, expect, test } from "vitest";
import { CleanSlateError } from "../../src/errors.ts";
import { describeChange } from "../../src/schema/describe-change.ts";
import { diffSchemas } from "../../src/schema/diff.ts";
import { fingerprintOf } from "../../src/schema/fingerprint.ts";
import { schemaFromCatalog } from "../../src/schema/from-catalog.ts";
import { schemaFromModels } from "../../src/schema/from-models.ts";
import type { CatalogRow, Schema } from "../../src/schema/types.ts";
import { createStatements } from "../../src/schema/create.ts";
import { allCases } from "../cases/all-cases.ts";
import type { Case, Expectation, Probe } from "../cases/case.ts";
import { kitStatements } from "../cases/drizzle-kit.ts";
import { drizzle045Version, drizzle1Version, type DrizzleVersion } from "../cases/drizzle-versions.ts";

const versions = [drizzle045Version, drizzle1Version];
const everyCase = Object.values(allCases).flat();

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
    const kit = await kitStatements(entry)
      .then(built)
      .catch(() => null);
    if (kit)
      expect(fingerprintOf(kit.schema)).not.toBe(
        fingerprintOf((await reference(entry, drizzle045Version)).schema),
      );
  });
});

describe("the table of cases", () => {
  test("holds at least 300 cases, and enough of every kind", () => {
    const count = (kind: Expectation["kind"]) =>
      everyCase.filter(({ expect: each }) => each.kind === kind).length;
    expect(everyCase.length).toBeGreaterThanOrEqual(300);
    expect(count("same-as-kit")).toBeGreaterThanOrEqual(190);
    expect(count("ours")).toBeGreaterThanOrEqual(70);
    expect(count("refused")).toBeGreaterThanOrEqual(40);
  });

  test("leaves out of a version only the cases that say why", () => {
    const reasoned = everyCase.filter((entry) => entry.only !== undefined);
    expect(reasoned.map((entry) => entry.name)).toEqual([]);
    expect(casesFor(drizzle045Version, everyCase)).toEqual(everyCase);
    expect(casesFor(drizzle1Version, everyCase)).toEqual(
      everyCase.filter((entry) => !reasoned.includes(entry)),
    );
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
  const [ours, theirs] = await Promise.all([
    built(ourStatements(exports, entry, version)),
    reference(entry, version),
  ]);
  expect(differences(theirs.schema, ours.schema)).toEqual([]);
  expect(fingerprintOf(ours.schema)).toBe(fingerprintOf(theirs.schema));
  const read: Reader = (client, from) => version.read(client, exports[from], entry.options?.casing);
  for (const { client } of [theirs, ours]) await answers(client, entry.insert ?? [], read);
}

function provesRefused(exports: Record<string, unknown>, entry: Case, version: DrizzleVersion): void {
  if (entry.expect.kind !== "refused") return;
  const error = thrownBy(() => ourStatements(exports, entry, version));
  expect(error).toBeInstanceOf(CleanSlateError);
  const { code, message, hint } = error as CleanSlateError;
  expect(hint).toEqual(expect.any(String));
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

async function reference(entry: Case, version: DrizzleVersion): Promise<Built> {
  const written = entry.expect.kind === "ours" ? entry.expect.sql : undefined;
  const right = (version.name === "1.0" ? entry.sqlIn1 : undefined) ?? written;
  return built(right ?? (await kitStatements(entry)));
}

function differences(from: Schema, to: Schema): string[] {
  return diffSchemas(from, to).map((change) => describeChange(change, { from: "the reference", to: "ours" }));
}

interface Built {
  readonly client: Client;
  readonly schema: Schema;
}

type Reader = (client: Client, from: string) => Promise<Record<string, unknown>[]>;

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

async function answers(client: Client, probes: readonly Probe[], read: Reader): Promise<void> {
  for (const probe of probes) {
    if ("fails" in probe) {
      await run(client, probe.run.slice(0, -1));
      await expect(run(client, probe.run.slice(-1))).rejects.toThrow(probe.fails);
    } else {
      await run(client, probe.run);
      const rows = "from" in probe ? await read(client, probe.from) : await query(client, probe.query);
      expect(rows.map(comparable)).toEqual(probe.gives.map(comparable));
    }
  }
}

async function run(client: Client, statements: readonly string[]): Promise<void> {
  for (const sql of statements) await client.execute(sql);
}

async function query(client: Client, sql: string): Promise<Record<string, unknown>[]> {
  const { rows } = await client.execute(sql);
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
