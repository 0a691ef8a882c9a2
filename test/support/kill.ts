import type { ChildProcess } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { copyFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { repoPath } from "./paths.ts";
import {
  createTarget,
  pictureOf,
  query,
  runScript,
  type RebuildTarget,
  type TargetKind,
} from "./rebuild-target.ts";
import { resultOf, runCli, startCli, type CliResult } from "./run-cli.ts";

/** Where a run is killed. Times count from the moment the transaction begins. */
export type KillPoint =
  /** Before the statement of this number, 0 being the BEGIN; a local file only. */
  | { readonly kind: "statement"; readonly statement: number }
  /** Before the request of this number, 0 holding the transaction, and after its answer, for the number above. */
  | { readonly kind: "request"; readonly request: number }
  /** So long after the primary has answered, while the replica syncs in a process of its own, which lives on. */
  | { readonly kind: "sync"; readonly delay: number }
  /** Whenever that is. */
  | { readonly kind: "time"; readonly ms: number }
  /** The server, not the program; it is started again when the program has ended. */
  | { readonly kind: "server"; readonly ms: number };

/** What a kill left behind. */
export interface KillResult {
  readonly point: KillPoint;
  /** Whether the kill met something that still ran. */
  readonly hit: boolean;
  readonly state: "old" | "new";
  /** Whatever is not as promised; empty when all is. */
  readonly faults: readonly string[];
}

/** A database that can be given its old content again as often as needed. */
export interface KillWorld extends AsyncDisposable {
  readonly kind: TargetKind;
  readonly target: RebuildTarget;
  /** Statements from the BEGIN to the end of the program; 0 where the primary runs them. */
  readonly statements: number;
  /** Milliseconds from the beginning of the transaction to the end of the program. */
  readonly duration: number;
  readonly kill: (point: KillPoint) => Promise<KillResult>;
}

/** More than what a rebuild does with the catalog in its place. */
const TABLES = 104;
const range = Array.from({ length: TABLES }, (_, index) => index);

const MODELS = `import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
${range.map((i) => `export const n${i} = sqliteTable("n${i}", { id: integer().primaryKey(), note: text() }, (t) => [index("n${i}_note").on(t.note)]);`).join("\n")}
`;

const OLD = `${range
  .map(
    (
      i,
    ) => `CREATE TABLE o${i} (id INTEGER PRIMARY KEY AUTOINCREMENT, p REFERENCES o${(i + 1) % TABLES}, note TEXT);
CREATE INDEX o${i}_note ON o${i} (note);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 35) INSERT INTO o${i} SELECT i, i, hex(i * 7919) FROM n;`,
  )
  .join("\n")}
CREATE VIRTUAL TABLE found USING fts5(body);
INSERT INTO found SELECT note FROM o1;
CREATE VIEW seen AS SELECT note FROM o2;
CREATE TRIGGER watch AFTER INSERT ON o3 BEGIN INSERT INTO o4 (note) VALUES ('x'); END;
`;

const DROP_ALL = `SELECT type, name FROM sqlite_schema WHERE type IN ('trigger', 'view', 'table') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
  AND name NOT LIKE 'found\\__%' ESCAPE '\\' AND name NOT LIKE '\\_litestream%' ESCAPE '\\' AND name NOT LIKE 'libsql\\_%' ESCAPE '\\'
  ORDER BY type = 'table', sql NOT LIKE 'CREATE VIRTUAL%'`;

const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const PROGRAM = [
  process.execPath,
  "--import",
  tsx,
  "--import",
  pathToFileURL(repoPath("test", "support", "kill-switch.mjs")).href,
  repoPath("manage.ts"),
] as const;

export interface KillWorldOptions {
  /** Of a local file; SQLite's own default when not given. */
  readonly journal?: "delete" | "wal";
}

/** Makes a target, measures one undisturbed rebuild of it, and kills rebuilds of it from then on. */
export async function createKillWorld(kind: TargetKind, options: KillWorldOptions = {}): Promise<KillWorld> {
  const target = await createTarget(kind, { models: { "all.ts": MODELS } });
  try {
    const reset = await createReset(target, options);
    await reset();
    await reset(); // what cannot be dropped is there from now on
    const oldPicture = await picture(target);
    const undisturbed = await runKilled(target, null);
    if (undisturbed.result.code !== 0) throw new Error(undisturbed.result.stderr);
    const newPicture = await picture(target);
    const world = { target, reset, oldPicture, newPicture };
    return {
      kind,
      target,
      statements: Number(/statements (\d+)/.exec(undisturbed.result.stderr)?.[1] ?? 0),
      duration: undisturbed.duration,
      kill: (point) => killOnce(world, point),
      [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
    };
  } catch (error) {
    await target[Symbol.asyncDispose]();
    throw error;
  }
}

interface World {
  readonly target: RebuildTarget;
  readonly reset: () => Promise<void>;
  readonly oldPicture: string;
  readonly newPicture: string;
}

async function killOnce(
  { target, reset, oldPicture, newPicture }: World,
  point: KillPoint,
): Promise<KillResult> {
  await reset();
  const { result, hit } = await runKilled(target, point);
  if (point.kind === "server") await target.sqld?.restart();
  const faults: string[] = [];
  const found = await settledPicture(target);
  const isOld = found === oldPicture;
  if (!isOld && found !== newPicture) faults.push("neither the old nor the new database");
  const [integrity] = await query(target, "SELECT * FROM pragma_integrity_check");
  if (integrity?.["integrity_check"] !== "ok")
    faults.push(`integrity_check: ${String(integrity?.["integrity_check"])}`);
  if (result.code === 0 && isOld) faults.push("it said done, and the database is the old one");
  if (
    result.signal === null &&
    result.code !== 0 &&
    /as it was|nothing was changed/.test(result.stderr) &&
    !isOld
  )
    faults.push("it said that nothing was changed, and the database is the new one");
  faults.push(...(await nextRunFaults(target, newPicture)));
  return { point, hit, state: isOld ? "old" : "new", faults };
}

/** The next run needs no help, whatever the last one left. */
async function nextRunFaults(target: RebuildTarget, newPicture: string): Promise<string[]> {
  const next = await runCli(commandOf(target), { cwd: target.project.dir, env: environmentOf(target) });
  if (next.code !== 0) return [`the next run failed: ${next.stderr}`];
  const left = [target.project.dir, target.project.path(".clean-slate")]
    .flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []))
    .filter((name) => name.endsWith("-lock") || name.endsWith(".stale"));
  return [
    ...((await picture(target)) === newPicture ? [] : ["the next run made another database"]),
    ...left.map((name) => `it left ${name}`),
  ];
}

interface KilledRun {
  readonly result: CliResult;
  readonly hit: boolean;
  readonly duration: number;
}

async function runKilled(target: RebuildTarget, point: KillPoint | null): Promise<KilledRun> {
  const child = startCli(commandOf(target), {
    cwd: target.project.dir,
    env: { ...environmentOf(target), KILL_AT: JSON.stringify(point ?? {}) },
    program: PROGRAM,
  });
  child.stdin.end();
  const begun = untilBegun(child);
  const finished = resultOf(child);
  const killed = begun.then((start) => {
    const victim = point && killLater(target, child, point);
    return { start, victim };
  });
  const result = await finished;
  const { start, victim } = await killed;
  const duration = performance.now() - start;
  return { result, duration, hit: result.signal === "SIGKILL" || (await victim) === true };
}

/** Ends the victim at its time. Answers whether the program was still running. */
async function killLater(target: RebuildTarget, child: ChildProcess, point: KillPoint): Promise<boolean> {
  if (point.kind !== "time" && point.kind !== "server") return false;
  await new Promise((resolve) => setTimeout(resolve, point.ms));
  const isRunning = child.exitCode === null && child.signalCode === null;
  if (point.kind === "time") child.kill("SIGKILL");
  else await target.sqld?.kill();
  return isRunning;
}

function untilBegun(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.stderr?.on("data", (chunk: Buffer | string) => {
      if (chunk.toString().includes("\u0001")) resolve(performance.now());
    });
    child.once("close", () => resolve(performance.now()));
  });
}

function commandOf({ kind }: RebuildTarget): string[] {
  return ["apply-migration", "--yes", "--json", ...(kind === "remote" ? ["--remote-only"] : [])];
}

/** Past the proxy, which runs in this process and would be one more thing that slows a kill down. */
function environmentOf({ sqld, kind }: RebuildTarget): Record<string, string> {
  return { CLEAN_SLATE_TIMEOUT: "5", ...(sqld && kind !== "local" ? { TURSO_DATABASE_URL: sqld.url } : {}) };
}

/** Everything but the bookkeeping, which differs from run to run and is made when the fate of a run is asked for. */
async function picture(target: RebuildTarget): Promise<string> {
  type Picture = {
    readonly catalog: { readonly tbl_name: string }[];
    readonly rows: (readonly [string, unknown])[];
  };
  const { catalog, rows } = JSON.parse(await pictureOf(target)) as Picture;
  return JSON.stringify([
    catalog.filter((row) => row.tbl_name !== "_clean_slate"),
    rows.filter(([name]) => name !== "_clean_slate"),
  ]);
}

/** A server may still be at what it was asked for by one that is killed, and change a database while it is looked at. */
async function settledPicture(target: RebuildTarget): Promise<string> {
  const lastRun = (): Promise<unknown> => query(target, "SELECT value FROM _clean_slate").catch(() => []);
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const before = await lastRun();
    const found = await picture(target).catch(() => null);
    if (found !== null && isDeepStrictEqual(await lastRun(), before)) return found;
  }
  return picture(target);
}

async function createReset(
  target: RebuildTarget,
  { journal = "delete" }: KillWorldOptions,
): Promise<() => Promise<void>> {
  if (target.kind !== "local") return () => resetByStatements(target);
  const path = target.project.path("local.db");
  await runScript(target, OLD);
  await runScript(target, `PRAGMA journal_mode=${journal}`);
  await copyFile(path, `${path}.old`);
  return async () => {
    await Promise.all(["", "-journal", "-wal", "-shm"].map((suffix) => rm(path + suffix, { force: true })));
    await copyFile(`${path}.old`, path);
  };
}

async function resetByStatements(target: RebuildTarget): Promise<void> {
  const drops = (await query(target, DROP_ALL)).map(
    ({ type, name }) => `DROP ${String(type)} IF EXISTS "${String(name)}";`,
  );
  await runScript(target, `BEGIN; ${drops.join("\n")} COMMIT;`);
  await runScript(target, `BEGIN; ${OLD} COMMIT;`);
}
