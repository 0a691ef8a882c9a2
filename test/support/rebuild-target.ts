import { createClient as createHttpClient } from "@libsql/client/http";
import { createClient as createFileClient, type Client, type Row } from "@libsql/client/sqlite3";
import { randomUUID } from "node:crypto";
import { pathToFileURL } from "node:url";
import type { Deps } from "../../src/actions/deps.ts";
import { readConfig, type Config } from "../../src/project/config.ts";
import { startFaultProxy, type FaultProxy } from "./fault-proxy.ts";
import { createProject, type Project, type ProjectOptions } from "./project.ts";
import { startReplicaV2 } from "./replica-v2.ts";
import { startSqld, type Sqld } from "./sqld.ts";

/** The three targets of a rebuild, and both protocols a replica may speak. */
export const TARGET_KINDS = ["local", "replica", "replica v2", "remote"] as const;
export type TargetKind = (typeof TARGET_KINDS)[number];

/** A project with an empty database to rebuild: a file, or a server of its own behind a proxy. */
export interface RebuildTarget extends AsyncDisposable {
  readonly kind: TargetKind;
  readonly project: Project;
  /** What the actions are given, as the command line would. */
  readonly deps: Deps;
  /** The database that holds the truth, past the proxy; opened anew so that no old catalog is remembered. */
  readonly open: () => Client;
  /** Between the actions and the server; none for a local file. */
  readonly proxy: FaultProxy | null;
  readonly sqld: Sqld | null;
}

export interface TargetOptions extends ProjectOptions {
  /** What is set in the configuration besides the target. */
  readonly config?: Partial<Config>;
}

export async function createTarget(kind: TargetKind, options: TargetOptions = {}): Promise<RebuildTarget> {
  const owned: AsyncDisposable[] = [];
  const own = async <T extends AsyncDisposable>(made: Promise<T>): Promise<T> => {
    const resource = await made;
    owned.push(resource);
    return resource;
  };
  const project = await own(createProject(options));
  const sqld = kind === "local" ? null : await own(startSqld());
  const server = sqld && kind === "replica v2" ? await own(startReplicaV2(sqld)) : sqld;
  const proxy = server && (await own(startFaultProxy({ target: server.url })));
  const url = proxy && { url: { value: proxy.url, origin: "test" }, remoteOnly: kind === "remote" };
  return {
    kind,
    project,
    proxy,
    sqld,
    deps: createDeps(project, { ...url, ...options.config }),
    open: () =>
      sqld
        ? createHttpClient({ url: sqld.url, intMode: "bigint" })
        : createFileClient({ url: pathToFileURL(project.path("local.db")).href, intMode: "bigint" }),
    async [Symbol.asyncDispose]() {
      for (const resource of owned.toReversed()) await resource[Symbol.asyncDispose]();
    },
  };
}

/** What an action is given in a project: its own configuration (never the environment's database), the real clock, no progress. */
export function createDeps(project: Pick<Project, "dir">, config: Partial<Config> = {}): Deps {
  const found = readConfig(project.dir, {});
  const neutral = { url: null, authToken: null, casing: null, isCI: false };
  const own = { path: { value: `${project.dir}/local.db`, origin: "test" } };
  return {
    config: { ...found, ...neutral, ...own, timeout: { value: 10_000, origin: "test" }, ...config },
    now: () => new Date(),
    randomId: randomUUID,
    progress: () => {},
  };
}

/** Runs a script of statements on the database, with foreign keys unenforced. */
export async function runScript(target: Pick<RebuildTarget, "open">, script: string): Promise<void> {
  const client = target.open();
  try {
    await client.executeMultiple(`PRAGMA foreign_keys=OFF;\n${script}`);
  } finally {
    client.close();
  }
}

export async function query(target: Pick<RebuildTarget, "open">, sql: string): Promise<Row[]> {
  const client = target.open();
  try {
    return (await client.execute(sql)).rows.map((row) => ({ ...row }));
  } finally {
    client.close();
  }
}

/** Everything a database holds, as text: its catalog and the rows of its tables, those of the table `except` left out. */
export async function pictureOf(target: Pick<RebuildTarget, "open">, except = ""): Promise<string> {
  const objects = await query(target, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid");
  const catalog = objects.filter((row) => except === "" || row["tbl_name"] !== except);
  const tables = catalog.filter(({ type, sql }) => type === "table" && !/^create virtual/i.test(String(sql)));
  const rows: unknown[] = [];
  for (const { name } of tables) {
    rows.push([name, await query(target, `SELECT * FROM "${String(name).replaceAll('"', '""')}"`)]);
  }
  return JSON.stringify({ catalog, rows }, (_, value: unknown) =>
    typeof value === "bigint"
      ? `${value}n`
      : value instanceof ArrayBuffer
        ? [...new Uint8Array(value)]
        : value,
  );
}
