import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { pathToFileURL } from "node:url";
import Database from "better-sqlite3";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { differenceOf, expectedCatalog, readScript } from "../bench/catalog.ts";
import type { Outcome } from "../bench/figures.ts";
import { measure, parseReport, parseSyncs, shellLine } from "../bench/meter.ts";
import { drizzleFiles, drizzleIndex } from "../bench/models/drizzle.ts";
import { olderTables } from "../bench/models/older.ts";
import { insertStatements } from "../bench/models/rows.ts";
import { createStatements } from "../bench/models/sql.ts";
import { buildTables } from "../bench/models/tables.ts";
import { startDelayProxy } from "../bench/proxy.ts";
import { racesOf } from "../bench/scenario.ts";
import { growth, median } from "../bench/statistics.ts";
import { renderOutcome } from "../bench/tables.ts";
import { verdictsOf } from "../bench/verdicts.ts";
import { createStatements as createFromSchema } from "../src/schema/create.ts";
import { schemaFromModels } from "../src/schema/from-models.ts";
import { drizzle045Version, drizzle1Version } from "./cases/drizzle-versions.ts";
import { createTemporaryFolder } from "./support/paths.ts";
import { createProject } from "./support/project.ts";

/** Enough for every kind of column, key and constraint. */
const tables = buildTables(60);

test("the models have everything a schema can have: keys of each kind, circles, checks, partial indexes", () => {
  const keys = tables.flatMap(({ columns }) => columns.map(({ key }) => key));
  expect(new Set(keys)).toEqual(new Set([null, "rowid", "autoincrement", "text"]));
  expect(new Set(tables.flatMap(({ columns }) => columns.map(({ kind }) => kind))).size).toBe(10);
  const foreignKeys = tables.flatMap(({ name, foreignKeys: own }) =>
    own.map((key) => ({ ...key, owner: name })),
  );
  expect(foreignKeys.some(({ columns }) => columns.length > 1)).toBe(true);
  expect(foreignKeys.some(({ owner, table }) => owner === table)).toBe(true);
  const isBack = ({ owner, table }: { owner: string; table: string }) =>
    owner !== table && foreignKeys.some((other) => other.owner === table && other.table === owner);
  expect(foreignKeys.some(isBack)).toBe(true);
  expect(tables.flatMap(({ indexes }) => indexes).some(({ where }) => where !== null)).toBe(true);
  expect(tables.flatMap(({ checks }) => checks)).not.toEqual([]);
});

test.each([
  { version: drizzle045Version, orm: "drizzle-orm" },
  { version: drizzle1Version, orm: "drizzle-orm-rc" },
])("the models on drizzle-orm $version.name make what is expected of them", async ({ version, orm }) => {
  const files = drizzleFiles(tables, orm);
  await using project = await createProject({ models: Object.fromEntries(files) });
  await project.write("schema.ts", drizzleIndex(files.keys(), "models"));
  const outfile = project.path("schema.mjs");
  const options = { bundle: true, format: "esm", packages: "external", logLevel: "silent" } as const;
  await build({ ...options, entryPoints: [project.path("schema.ts")], outfile });
  const models = (await import(pathToFileURL(outfile).href)) as Record<string, unknown>;
  const exports = Object.entries(models).map(([name, value]) => ({ file: "schema.ts", name, value }));
  const statements = createFromSchema(schemaFromModels(version.api, exports));
  const made = await readScript(statements.map(({ sql }) => sql).join(";\n"));
  expect(differenceOf(expectedCatalog(tables), made)).toBeNull();
});

test("the models as SQL make what is expected of them, an older schema makes less, and its rows break no rule", async () => {
  expect(
    differenceOf(expectedCatalog(tables), await readScript(createStatements(tables).join(";"))),
  ).toBeNull();
  const older = olderTables(tables);
  const statements = createStatements(older);
  const difference = differenceOf(expectedCatalog(tables), await readScript(statements.join(";")));
  expect(difference).toMatch(/missing: .*column.*table/);
  using database = opened();
  database.exec([...statements, ...insertStatements(older, 600)].join(";"));
  expect(database.pragma("foreign_key_check")).toEqual([]);
  expect(database.prepare(`SELECT count(*) AS rows FROM "${older[0]?.name}"`).get()).toEqual({ rows: 11 });
});

test.each([
  { what: "an index", from: /^CREATE INDEX[^]*$/, to: "SELECT 1", said: "index" },
  { what: "the uniqueness of an index", from: /^CREATE UNIQUE/, to: "CREATE", said: "unique" },
  { what: "the condition of an index", from: / WHERE .*$/, to: "", said: "partial" },
  { what: "what a foreign key does", from: /ON DELETE CASCADE/, to: "", said: "foreign" },
  { what: "a check", from: /,\s+CONSTRAINT .* CHECK [^\n,]*/, to: "", said: "check" },
  { what: "a NOT NULL", from: /(?<=\w+" text) NOT NULL/, to: "", said: "column" },
])("a result without $what is wrong", async ({ from, to, said }) => {
  const statements = createStatements(tables);
  const at = statements.findIndex((sql) => from.test(sql));
  const spoilt = statements.with(at, (statements[at] ?? "").replace(from, to));
  const found = await readScript(spoilt.join(";"));
  expect(differenceOf(expectedCatalog(tables), found)).toMatch(new RegExp(`missing: .*${said}`));
});

test("a result with a table too few or too many is wrong", async () => {
  const statements = createStatements(tables);
  const spoilt = [...statements, `DROP TABLE "${tables[0]?.name}"`, "CREATE TABLE more (id)"];
  const difference = differenceOf(expectedCatalog(tables), await readScript(spoilt.join(";")));
  expect(difference).toMatch(new RegExp(`missing: .*table ${tables[0]?.name}.*too much: .*table more`));
});

test("the median is the middle, and growth tells the power", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 2, 9])).toBe(3);
  expect(growth({ size: 10, cost: 2 }, { size: 100, cost: 200 })).toBeCloseTo(2);
});

test("a measured command has its exit code, its time and what it wrote; one over the limit is ended", async () => {
  await using folder = await createTemporaryFolder("meter");
  const env = { PATH: process.env["PATH"] ?? "" };
  const command = { dir: folder.dir, env, limit: 10_000 };
  const steps = [{ argv: ["echo", "it's"] }, { argv: ["sh", "-c", "exit 3"] }, { argv: ["echo", "never"] }];
  const measured = await measure({ ...command, steps });
  expect(measured).toMatchObject({ code: 3, isOverLimit: false, log: "it's\n" });
  expect(measured.wall).toBeGreaterThan(0);
  const slow = await measure({ ...command, steps: [{ argv: ["sleep", "60"] }], limit: 200 });
  expect(slow).toMatchObject({ isOverLimit: true });
});

test("what bash and strace report is read", () => {
  const report = "1000.500000 1001.750000\n0m0.001s 0m0.002s\n1m0.250s 0m0.125s\n";
  expect(parseReport(report)).toEqual({ wall: 1250, cpu: 60_375 });
  const table = `% time     seconds  usecs/call     calls    errors syscall
 90.00    0.001000         100        10           fdatasync
 10.00    0.000100          50         2         1 fsync
100.00    0.001100                    12         1 total`;
  expect(parseSyncs(table)).toBe(12);
  expect(shellLine([{ argv: ["a", "it's"] }, { argv: ["b"], output: "c d" }])).toBe(
    String.raw`'a' 'it'\''s' && 'b' > 'c d'`,
  );
});

test("the proxy delays a round trip, and counts round trips, connections and bytes", async () => {
  const server = createServer((socket) => socket.on("data", (chunk) => socket.write(chunk)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  await using proxy = await startDelayProxy((server.address() as AddressInfo).port, 40);
  const client = connect(proxy.port, "127.0.0.1");
  const began = performance.now();
  for (const word of ["one", "two", "three"]) {
    client.write(word);
    const [answer] = (await once(client, "data")) as [Buffer];
    expect(String(answer)).toBe(word);
  }
  expect(performance.now() - began).toBeGreaterThan(3 * 38);
  expect(proxy.traffic).toEqual({ roundTrips: 3, connections: 1, bytes: 22 });
  client.destroy();
  server.close();
});

test("a wrong result is marked with its reason and meets no target, however fast it is", () => {
  const [race] = racesOf({ jobs: ["generate"], cases: ["empty"], tables: [50], delays: [0] });
  const result = (name: string, wall: number, fault: string | null): Outcome["results"][number] => ({
    contestant: {
      name,
      job: "generate",
      group: "clean-slate",
      prepare: async () => {},
      steps: () => [],
      script: async () => "",
    },
    samples: [{ wall, cpu: wall, code: 0, isOverLimit: false, log: "", traffic: null, fault }],
    memory: null,
    syncs: null,
  });
  if (!race) throw new Error("there is no race");
  const outcome = (fault: string | null): Outcome => ({
    race,
    results: [result("ideal-generate", 100, null), result("clean-slate generate-migration", 110, fault)],
    absent: [],
  });
  const target = (fault: string | null) => verdictsOf([outcome(fault)]).find(({ value }) => value !== null);
  expect(target(null)).toMatchObject({ value: 1.1, limit: 1.15, isMet: true });
  expect(target("exit code 1")).toMatchObject({ value: 1.1, isMet: false });
  expect(renderOutcome(outcome(null))).toContain("| 1.10 |");
  const marked = renderOutcome(outcome("exit code 1"));
  expect(marked).toMatch(/clean-slate generate-migration.*\*\*wrong\*\* \(1\)/);
  expect(marked).toContain("(1) clean-slate generate-migration: exit code 1");
});

function opened(): Database.Database & Disposable {
  const database = new Database(":memory:");
  database.pragma("foreign_keys = OFF");
  return Object.assign(database, { [Symbol.dispose]: () => void database.close() });
}
