import { readFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import { join } from "node:path";
import { close, forward, listen, passOn, receive, type Received } from "./http.ts";
import type { Sqld } from "./sqld.ts";

const PAGE_SIZE = 4096;
const WAL_HEADER_SIZE = 32;
const FRAME_HEADER_SIZE = 24;

/**
 * A server that speaks the second protocol of embedded replicas, which sqld does not: `GET /info`, `GET /export/G` (the
 * database file a generation begins with) and `GET /sync/G/A/B` (WAL frames A to B - 1 of generation G, or 400 and the current
 * generation when there are none). Written from the client (libsql/src/sync.rs in tursodatabase/libsql). Everything else is
 * answered by the sqld behind it, which also decides whether a token is good. It runs in the test's process, and a replica
 * blocks the process it is in: open the replica in another one.
 */
export interface ReplicaV2 extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** `METHOD /path` of each request, in order. */
  readonly requests: readonly string[];
  /** Does what a primary does now and then: starts the next generation with the database as it is. */
  readonly nextGeneration: () => Promise<void>;
}

/** What one generation serves: frames are made from the pages that changed since the last look, one transaction each look. */
interface Generation {
  readonly base: Buffer;
  readonly frames: Buffer[];
}

/** Starts the stand-in in front of a running sqld; replicas begin with the database as it is now. */
export async function startReplicaV2(sqld: Pick<Sqld, "url" | "dir">): Promise<ReplicaV2> {
  const requests: string[] = [];
  const history = await createHistory(join(sqld.dir, "dbs", "default", "data"));
  const server = createServer((incoming, response) => {
    void receive(incoming)
      .then((received) => {
        requests.push(`${received.method} ${received.path}`);
        return answer({ target: sqld.url, history }, received, response);
      })
      .catch(() => response.destroy());
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    nextGeneration: history.nextGeneration,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await close(server);
    },
  };
}

type History = Awaited<ReturnType<typeof createHistory>>;

async function createHistory(file: string) {
  let seen = await readDatabase(file);
  const generations: Generation[] = [{ base: seen, frames: [] }];
  const readChanges = async () => {
    const now = await readDatabase(file);
    generations.at(-1)?.frames.push(...changedFrames(seen, now));
    seen = now;
  };
  // One look at a time: an older picture compared with a newer one would undo what is in between.
  let looking = Promise.resolve();
  const look = () => (looking = looking.then(readChanges));
  return {
    /** Generations are counted from 1. */
    current: () => generations.length,
    base: (generation: number) => generations[generation - 1]?.base,
    async frames(generation: number, from: number, until: number) {
      await look();
      return generations[generation - 1]?.frames.slice(from - 1, until - 1) ?? [];
    },
    nextGeneration: async () => {
      await look();
      generations.push({ base: seen, frames: [] });
    },
  };
}

interface Behind {
  readonly target: string;
  readonly history: History;
}

async function answer(
  { target, history }: Behind,
  received: Received,
  response: ServerResponse,
): Promise<void> {
  const [, route, generation = "", from = "", until = ""] = received.path.split("/");
  const isOurs = received.method === "GET" && (route === "info" || route === "export" || route === "sync");
  if (!isOurs) return passOn(await forward(received, { target }), response);
  const refusal = await refusalOf(target, received);
  if (refusal) return passOn(refusal, response);
  switch (route) {
    case "info":
      return sendJson(response, 200, { current_generation: history.current() });
    case "export":
      response.end(history.base(Number(generation)));
      return;
    case "sync": {
      const frames = await history.frames(Number(generation), Number(from), Number(until));
      if (frames.length === 0) return sendJson(response, 400, { generation: history.current() });
      response.end(Buffer.concat(frames));
    }
  }
}

/** Asks sqld to do nothing with the token that came: its answer when it will not, null when it will. */
async function refusalOf(target: string, { headers }: Received) {
  const { authorization } = headers;
  const nothing: Received = {
    method: "POST",
    path: "/v2/pipeline",
    headers: {
      "content-type": "application/json",
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: Buffer.from(JSON.stringify({ requests: [{ type: "close" }] })),
  };
  const reply = await forward(nothing, { target });
  if (reply.statusCode !== 200) return reply;
  reply.resume();
  return null;
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

/** Reads the database as its last transaction left it: the file with the committed frames of its WAL over it. */
async function readDatabase(file: string): Promise<Buffer> {
  const [main, wal] = await Promise.all([readOrEmpty(file), readOrEmpty(`${file}-wal`)]);
  const frames = committedFrames(wal);
  const pageCount = frames.at(-1)?.readUInt32BE(4) ?? main.length / PAGE_SIZE;
  const database = Buffer.alloc(pageCount * PAGE_SIZE);
  main.copy(database);
  for (const frame of frames) {
    frame.copy(database, (frame.readUInt32BE(0) - 1) * PAGE_SIZE, FRAME_HEADER_SIZE);
  }
  return database;
}

async function readOrEmpty(file: string): Promise<Buffer> {
  return readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return Buffer.alloc(0);
    throw error;
  });
}

/** Frames of an older WAL have other salts; those after the last commit are not to be read (https://www.sqlite.org/fileformat2.html#walformat). */
function committedFrames(wal: Buffer): Buffer[] {
  const size = FRAME_HEADER_SIZE + PAGE_SIZE;
  const salts = wal.subarray(16, 24);
  const frames: Buffer[] = [];
  for (let start = WAL_HEADER_SIZE; start + size <= wal.length; start += size) {
    const frame = wal.subarray(start, start + size);
    if (!frame.subarray(8, 16).equals(salts)) break;
    frames.push(frame);
  }
  return frames.slice(0, frames.findLastIndex((frame) => frame.readUInt32BE(4) > 0) + 1);
}

/** One frame for each page that is not as it was; the last says how many pages there are, which makes them a transaction. */
function changedFrames(before: Buffer, after: Buffer): Buffer[] {
  const pageCount = after.length / PAGE_SIZE;
  const changed = Array.from({ length: pageCount }, (_, index) => index).filter((index) => {
    const page = after.subarray(index * PAGE_SIZE, (index + 1) * PAGE_SIZE);
    return !page.equals(before.subarray(index * PAGE_SIZE, (index + 1) * PAGE_SIZE));
  });
  return changed.map((index, position) => {
    const header = Buffer.alloc(FRAME_HEADER_SIZE);
    header.writeUInt32BE(index + 1, 0);
    header.writeUInt32BE(position === changed.length - 1 ? pageCount : 0, 4);
    return Buffer.concat([header, after.subarray(index * PAGE_SIZE, (index + 1) * PAGE_SIZE)]);
  });
}
