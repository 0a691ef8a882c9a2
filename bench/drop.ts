// What dropping costs, beside the fastest way around it: an empty database built once and moved over the old file.
// Run it with: npx tsx bench/drop.ts
import { createClient, type Client } from "@libsql/client/sqlite3";
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { median } from "./statistics.ts";

const TABLES = 50;
const RUNS = 7;
const SIZES = [0, 20_000, 200_000, 1_000_000];
const JOURNALS = ["delete", "wal"] as const;

const folder = mkdtempSync(join(tmpdir(), "clean-slate-drop-"));
const file = join(folder, "app.db");
const image = join(folder, "image.db");

try {
  await build(image, 0, "delete");
  const rows: Record<string, string | number>[] = [];
  for (const journal of JOURNALS) for (const size of SIZES) rows.push(await measure(size, journal));
  console.table(rows);
  console.log(`A connection that was open reads after DROP: ${await seenAfter(dropAll)}`);
  console.log(`A connection that was open reads after the move: ${await seenAfter(swap)}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Milliseconds of both ways, on a copy of the same database each time, one after the other. */
async function measure(
  rows: number,
  journal: (typeof JOURNALS)[number],
): Promise<Record<string, string | number>> {
  const template = join(folder, `template-${rows}-${journal}.db`);
  await build(template, rows, journal);
  const times: { drop: number[]; swap: number[] } = { drop: [], swap: [] };
  for (let run = 0; run < RUNS; run += 1) {
    for (const way of ["drop", "swap"] as const) {
      copyFileSync(template, file);
      sync(file);
      times[way].push(await timed(way === "drop" ? dropAll : swap));
      for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(file + suffix, { force: true });
    }
  }
  const megabytes = Math.round(statSync(template).size / 1e6);
  const [drop, move] = [median(times.drop), median(times.swap)];
  return { journal, rows, MB: megabytes, "DROP, CREATE ms": round(drop), "move ms": round(move) };
}

async function timed(way: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await way();
  return performance.now() - start;
}

async function dropAll(): Promise<void> {
  const client = open(file);
  await client.execute("PRAGMA foreign_keys=OFF");
  await client.batch([...names().map((name) => `DROP TABLE ${name}`), ...creates()], "write");
  client.close();
}

// eslint-disable-next-line @typescript-eslint/require-await -- has the shape of the other way
async function swap(): Promise<void> {
  const next = `${file}.next`;
  copyFileSync(image, next);
  sync(next);
  for (const suffix of ["-wal", "-shm", "-journal"]) rmSync(file + suffix, { force: true });
  renameSync(next, file);
  sync(folder);
}

/** What an application that has the file open finds in it afterwards, and what becomes of a row it writes. */
async function seenAfter(way: () => Promise<void>): Promise<string> {
  await build(file, 1_000, "delete");
  const application = open(file);
  await count(application);
  await way();
  const seen = await count(application);
  const write = application.execute("INSERT INTO t0 (v) VALUES ('new')");
  const fate = await write.then(
    () => "succeeds",
    (error: { extendedCode?: string }) => `fails with ${error.extendedCode}`,
  );
  application.close();
  return `${seen} rows in a table that is empty now; its next write ${fate}`;
}

async function count(client: Client): Promise<number> {
  const { rows } = await client.execute("SELECT count(*) AS n FROM t0");
  return Number(rows[0]?.["n"]);
}

async function build(path: string, rows: number, journal: string): Promise<void> {
  rmSync(path, { force: true });
  const client = open(path);
  await client.execute(`PRAGMA journal_mode=${journal}`);
  await client.batch(creates(), "write");
  const each = Math.floor(rows / TABLES);
  const counter = `WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < ${each})`;
  const fill = (name: string): string =>
    `INSERT INTO ${name} (v) ${counter} SELECT printf('%.*c', 400, 'x') || i FROM s`;
  if (each > 0) await client.batch(names().map(fill), "write");
  await client.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  client.close();
}

function names(): string[] {
  return Array.from({ length: TABLES }, (_, index) => `t${index}`);
}

function creates(): string[] {
  return names().flatMap((name) => [
    `CREATE TABLE ${name} (id INTEGER PRIMARY KEY, v TEXT)`,
    `CREATE INDEX ${name}_v ON ${name} (v)`,
  ]);
}

function open(path: string): Client {
  return createClient({ url: pathToFileURL(path).href, concurrency: 1 });
}

function sync(path: string): void {
  const descriptor = openSync(path, "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
