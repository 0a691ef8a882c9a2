import { createClient } from "@libsql/client/http";
import { statSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { drizzle } from "drizzle-orm/libsql/http";
import { openRemote } from "../../database/remote.ts";
import { findServer } from "../../database/server-binary.ts";
import { startServer, type Server } from "../../database/server.ts";
import { primaryFromUrl } from "../../database/target.ts";
import { createCredentials } from "../../database/token-keys.ts";
import { readVariable } from "../../project/environment.ts";
import type { Statement } from "../../schema/create.ts";
import { copyFolder, type Image } from "../image.ts";
import { removeFolder } from "../storage.ts";
import { checkBuilt, type DriverModule, type Opened, type Place } from "./driver.ts";

/** A libSQL server in a process of its own, which asks for a token as Turso does. */
export const driver: DriverModule = {
  engine,
  origin: { kind: "statements", build },
  open,
  needsFolder: true,
};

/** A server whose test was killed ends by itself after this long without a request. */
const IDLE_SECONDS = 60;
const BUILD_TIMEOUT = 60_000;
/** Milliseconds a server has to end by itself. */
const PATIENCE = 100;

/** A server of one test database, which may be stopped and started again. */
export interface TestServer {
  readonly url: string;
  readonly authToken: string;
  /** A copy of what it holds; it is stopped meanwhile. */
  readonly capture: () => Promise<Image & { readonly kind: "folder" }>;
  readonly restore: (image: Image) => Promise<void>;
  readonly end: () => Promise<void>;
}

async function engine(root: string): Promise<string> {
  const path = binaryOf(root);
  return `${path}:${statSync(path).size}`;
}

function binaryOf(root: string): string {
  return findServer({ root, given: readVariable("SQLD_PATH") });
}

async function build(statements: readonly Statement[], { root, folder }: Place): Promise<Image> {
  const server = await startTestServer(null, { root, folder });
  try {
    const database = openRemote(primaryFromUrl(server.url, server.authToken, BUILD_TIMEOUT));
    const sql = statements.map((statement) => statement.sql);
    await checkBuilt(await database.transact(sql, []), statements);
    return await server.capture();
  } finally {
    await server.end();
  }
}

async function open(image: Image, place: Place): Promise<Opened> {
  const server = await startTestServer(image, place);
  const { url, authToken, capture, restore } = server;
  const client = createClient({ url, authToken });
  return {
    client,
    drizzle: (config) => drizzle({ ...config, client }),
    url,
    path: null,
    file: join("server", "dbs", "default", "data"),
    authToken,
    run: async (statements) => void (await client.batch([...statements], "write")),
    capture,
    restore,
    close: async () => {
      client.close();
      await server.end();
    },
  };
}

/** Starts a server on a copy of an image, or empty, in `place`. */
export async function startTestServer(image: Image | null, { root, folder }: Place): Promise<TestServer> {
  const dir = join(folder.path, "server");
  const keyFile = join(folder.path, "key.pem");
  const { publicKeyPem, authToken } = (issued ??= createCredentials());
  if (image?.kind === "folder") copyFolder(image.path, dir);
  writeFileSync(keyFile, publicKeyPem, { mode: 0o600 });
  const options = { binary: binaryOf(root), dir, keyFile, idleSeconds: IDLE_SECONDS };
  let server = await inTurn(() => startServer(options));
  const restart = async (): Promise<Server> => startServer({ ...options, port: server.port });
  let captured = 0;
  return {
    url: server.url,
    authToken,
    capture: async () => {
      await endForCopy(server, dir);
      const path = join(folder.path, `captured-${captured++}`);
      copyFolder(dir, path);
      server = await restart();
      return { kind: "folder", path };
    },
    restore: async (to) => {
      await server.end("SIGKILL");
      removeFolder(dir);
      if (to.kind === "folder") copyFolder(to.path, dir);
      server = await restart();
    },
    end: () => server.end("SIGKILL"),
  };
}

/**
 * Ends a server whose data live on. A replica that waits for news holds it up for half a minute, so it is killed then; by the
 * file `.sentinel` it would take its log for torn and begin another one, which no replica knows, though every answered write is
 * in it.
 */
async function endForCopy(server: Server, dir: string): Promise<void> {
  const timer = setTimeout(() => void server.end("SIGKILL"), PATIENCE);
  await server.end("SIGTERM");
  clearTimeout(timer);
  removeFolder(join(dir, "dbs", "default", ".sentinel"));
}

/** One pair for all servers of this process: a token of another process opens none of them. */
let issued: ReturnType<typeof createCredentials> | undefined;

let starting = 0;
const waiting: (() => void)[] = [];

/** Starts so many servers at once as the machine can do; with more, each is slower than in turn. */
async function inTurn<Result>(start: () => Promise<Result>): Promise<Result> {
  if (starting >= availableParallelism() * 2) await new Promise<void>((resolve) => waiting.push(resolve));
  else starting += 1;
  try {
    return await start();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else starting -= 1;
  }
}
