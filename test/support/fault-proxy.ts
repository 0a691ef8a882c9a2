import { createServer as createHttpServer, type ServerResponse } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { close, forward, listen, passOn, receive, type Received } from "./http.ts";

/** What goes wrong, as a client of the proxy sees it. */
export type Fault =
  /** Nobody listens: ECONNREFUSED, and open connections are cut. */
  | { readonly kind: "refuse" }
  /** The request is taken and nothing ever comes back. */
  | { readonly kind: "hang" }
  /** The server does what it was asked to, and the connection is cut before its answer is passed on. */
  | { readonly kind: "lose-answer" }
  /** The connection is cut before the server has the whole request: it does nothing. */
  | { readonly kind: "cut-request" }
  /** The head of the answer arrives and half of its body, then the connection is cut. */
  | { readonly kind: "truncate" }
  /** The server is not asked; this is the answer. The body is a page of HTML when none is given. */
  | { readonly kind: "status"; readonly status: number; readonly body?: string | Uint8Array };

export type FaultScope = {
  /** Only requests whose `METHOD /path` matches fail; all when not given. Says nothing to `refuse`. */
  readonly only?: RegExp;
  /** So many requests fail, then all is well; every one when not given. Says nothing to `refuse`. */
  readonly times?: number;
};

export interface ProxyCounts {
  readonly connections: number;
  /** Round trips: the client spoke first, or after the server had spoken. */
  readonly flights: number;
  /** What the server has said. */
  readonly bytes: number;
  /** `METHOD /path` of each request, in the order they arrived whole. */
  readonly requests: readonly string[];
}

/** Stands between a client and a server on `url`; runs in the test's process, so a client that blocks it needs a process of its own. */
export interface FaultProxy extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Since the start or the last `resetCounts`. */
  readonly counts: ProxyCounts;
  readonly resetCounts: () => void;
  /** How long a round trip takes on top of the server's own time. */
  readonly setDelay: (milliseconds: number) => void;
  /** From now on this goes wrong, instead of what did before. */
  readonly fail: (fault: Fault & FaultScope) => Promise<void>;
  /** From now on all is well. */
  readonly heal: () => Promise<void>;
}

interface State {
  readonly target: string;
  delay: number;
  fault: (Fault & FaultScope) | null;
  failed: number;
  connections: number;
  flights: number;
  bytes: number;
  requests: string[];
}

/** Starts a proxy in front of the server at `target`. */
export async function startFaultProxy(options: {
  readonly target: string;
  readonly delayMs?: number;
}): Promise<FaultProxy> {
  const state: State = {
    target: options.target,
    delay: options.delayMs ?? 0,
    fault: null,
    failed: 0,
    connections: 0,
    flights: 0,
    bytes: 0,
    requests: [],
  };
  const inner = createHttpServer((incoming, response) => {
    void receive(incoming)
      .then((received) => answer(state, received, response))
      .catch(() => response.destroy());
  });
  const innerPort = await listen(inner);
  const front = createFront(state, innerPort);
  const port = await listen(front.server);
  const setFault = async (fault: State["fault"]) => {
    Object.assign(state, { fault, failed: 0 });
    if (fault?.kind === "refuse") await front.close();
    else if (!front.server.listening) await listen(front.server, port);
  };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    get counts() {
      const { connections, flights, bytes, requests } = state;
      return { connections, flights, bytes, requests: [...requests] };
    },
    resetCounts: () => Object.assign(state, { connections: 0, flights: 0, bytes: 0, requests: [] }),
    setDelay: (milliseconds) => Object.assign(state, { delay: milliseconds }),
    fail: setFault,
    heal: () => setFault(null),
    async [Symbol.asyncDispose]() {
      await front.close();
      inner.closeAllConnections();
      await close(inner);
    },
  };
}

/** The side the client sees: it counts and delays bytes, and leaves their meaning to the HTTP server behind it. */
function createFront(state: State, innerPort: number) {
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    state.connections += 1;
    clients.add(client.setNoDelay(true));
    client.once("close", () => clients.delete(client));
    const upstream = connect(innerPort, "127.0.0.1").setNoDelay(true);
    let clientMaySpeak = true;
    client.on("data", () => {
      if (clientMaySpeak) state.flights += 1;
      clientMaySpeak = false;
    });
    upstream.on("data", ({ length }: Buffer) => {
      clientMaySpeak = true;
      state.bytes += length;
    });
    relay(client, upstream, state);
    relay(upstream, client, state);
  });
  const closeAll = async () => {
    const closed = close(server);
    for (const client of clients) client.destroy();
    await closed;
  };
  return { server, close: closeAll };
}

/** Passes on what one side says, and that it has gone, each half a round trip later and in order. */
function relay(from: Socket, to: Socket, state: State): void {
  let last = Promise.resolve();
  const later = (act: () => void) => {
    const due = Date.now() + state.delay / 2;
    last = last.then(async () => {
      if (due > Date.now()) await sleep(due - Date.now());
      act();
    });
  };
  from.on("data", (chunk: Buffer) => later(() => to.writable && to.write(chunk)));
  from.on("close", () => later(() => to.destroySoon()));
  from.on("error", () => from.destroy());
}

async function answer(state: State, received: Received, response: ServerResponse): Promise<void> {
  const name = `${received.method} ${received.path}`;
  state.requests.push(name);
  const fault = takeFault(state, name);
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const ask = () => forward(received, { target: state.target, signal: gone.signal });
  switch (fault?.kind) {
    case undefined:
    case "refuse":
      return passOn(await ask(), response);
    case "hang":
      return;
    case "lose-answer":
      await ask();
      response.destroy();
      return;
    case "cut-request":
      await cutRequest(state.target, received);
      response.destroy();
      return;
    case "truncate":
      return truncate(await ask(), response);
    case "status":
      response.writeHead(fault.status, {
        "content-type": fault.body === undefined ? "text/html" : "application/json",
      });
      response.end(fault.body ?? "<!doctype html><title>Sorry</title><p>Something is wrong.</p>");
  }
}

/** A request without a body would be whole as soon as anything of it is sent. */
async function cutRequest(target: string, received: Received): Promise<void> {
  const half = Math.floor(received.body.length / 2);
  if (half > 0) await forward(received, { target, cutAfter: half }).catch(() => null);
}

function takeFault(state: State, name: string): Fault | null {
  const { fault } = state;
  if (!fault || (fault.only && name.search(fault.only) === -1)) return null;
  if (fault.times !== undefined && state.failed >= fault.times) return null;
  state.failed += 1;
  return fault;
}

/** Says how long the body is, so that the client can tell that half of it is missing. */
async function truncate(
  upstream: Awaited<ReturnType<typeof forward>>,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of upstream) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  response.writeHead(upstream.statusCode ?? 502, {
    "content-type": upstream.headers["content-type"] ?? "application/octet-stream",
    "content-length": Math.max(body.length, 1),
  });
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
}
