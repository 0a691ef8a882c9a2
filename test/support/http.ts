import { once } from "node:events";
import { request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { pipeline } from "node:stream/promises";

/** Starts listening on 127.0.0.1, on a free port when none is given, and tells on which. */
export async function listen(server: Server, port = 0): Promise<number> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** Stops listening and waits until the last connection has gone. */
export async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  server.close();
  await once(server, "close");
}

/** A request that has arrived to its last byte. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Reads a request whole; throws when the client goes away before its end. */
export async function receive(incoming: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return {
    method: incoming.method ?? "GET",
    path: incoming.url ?? "/",
    headers: incoming.headers,
    body: Buffer.concat(chunks),
  };
}

export interface Forwarding {
  /** The server's address; its path is not used. */
  readonly target: string;
  /** Sends only this many bytes of the body, then cuts the connection. */
  readonly cutAfter?: number;
  readonly signal?: AbortSignal;
}

/** Sends a request on to another server, over a connection of its own, and waits for the head of the answer. */
export function forward(
  received: Received,
  { target, cutAfter, signal }: Forwarding,
): Promise<IncomingMessage> {
  const { hostname, port } = new URL(target);
  const { connection: _, "transfer-encoding": __, ...kept } = received.headers;
  const { method, path, body } = received;
  const headers = body.length === 0 ? kept : { ...kept, "content-length": String(body.length) };
  return new Promise((resolve, reject) => {
    const outgoing = request({
      hostname,
      port,
      path,
      method,
      headers,
      agent: false,
      ...(signal ? { signal } : {}),
    });
    outgoing.on("response", resolve).on("error", reject);
    if (cutAfter === undefined) outgoing.end(body);
    else outgoing.write(body.subarray(0, cutAfter), () => outgoing.destroy());
  });
}

/** Passes an answer on as it is, while it comes. */
export async function passOn(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  const headers = pairs(answer.rawHeaders).filter(([name]) => name.toLowerCase() !== "connection");
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers.flat());
  await pipeline(answer, response);
}

function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, index) =>
    index % 2 === 0 ? [[name, raw[index + 1] ?? ""] satisfies [string, string]] : [],
  );
}
