import { once } from "node:events";
import { createServer as createHttpServer, globalAgent, type RequestListener } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { post, textOf } from "../../../src/database/http.ts";
import { mayHaveBeenSent } from "../../../src/database/network-failure.ts";
import { primaryFromUrl } from "../../../src/database/target.ts";
import { close, listen } from "../../support/http.ts";

/** Milliseconds; short where silence is what is waited for. */
const [TIMEOUT, SILENCE] = [5000, 300];

/** What comes of a message to an address: the text of its answer, or the failure. */
async function outcomeAt(url: string, timeout = TIMEOUT): Promise<unknown> {
  const primary = primaryFromUrl(url, "s3cret", timeout);
  try {
    const answer = await post(primary, primary.endpoint, {
      body: "hello",
      type: "text/plain",
      signal: AbortSignal.timeout(timeout),
    });
    return { status: answer.status, text: await textOf(answer) };
  } catch (error) {
    return error;
  }
}

/** The same where a server is that deals with each connection so; it is gone afterwards. */
async function outcomeWith(
  server: Server,
  {
    scheme = "http",
    timeout = SILENCE,
  }: { readonly scheme?: "http" | "https"; readonly timeout?: number } = {},
): Promise<unknown> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket.on("error", () => {})));
  const port = await listen(server);
  try {
    return await outcomeAt(`${scheme}://127.0.0.1:${port}`, timeout);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

const answering = (answer: RequestListener): Promise<unknown> =>
  outcomeWith(createHttpServer(answer), { timeout: TIMEOUT });

/** A server that says `text` once it has heard something, and hangs up, or says nothing more. */
const hangingUp = (text: string) => (): Server =>
  createServer((socket) => socket.once("data", () => socket.end(text)));
const silent = (text: string) => (): Server =>
  createServer((socket) => socket.once("data", () => socket.write(text)));

async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, "close");
  return port;
}

describe("a message to a primary", () => {
  test("arrives whole, with its type and its token, and its answer comes as it was sent", async () => {
    const outcome = await answering((request, response) => {
      const { method, headers } = request;
      const said: Buffer[] = [];
      request.on("data", (chunk: Buffer) => said.push(chunk));
      request.on("end", () => {
        const text = Buffer.concat(said).toString();
        response.statusCode = 418;
        response.end(`${method} ${text} ${headers["content-type"]} ${headers.authorization} ü`);
      });
    });
    expect(outcome).toEqual({ status: 418, text: "POST hello text/plain Bearer s3cret ü" });
  });

  test("does not follow where it is sent to: the token is for nobody else", async () => {
    let heard = 0;
    const outcome = await answering((_request, response) => {
      heard += 1;
      response.writeHead(307, { location: "/elsewhere" }).end();
    });
    expect(outcome).toMatchObject({ status: 307 });
    expect(heard).toBe(1);
  });

  test("was never sent where nothing listens, or to a name nobody knows", async () => {
    const refused = await outcomeAt(`http://127.0.0.1:${await closedPort()}`);
    const unknown = await outcomeAt("http://nobody.invalid");
    expect([refused, unknown]).toMatchObject([{ code: "CONNECTION_REFUSED" }, { code: "DNS_FAILED" }]);
    expect([refused, unknown].map(mayHaveBeenSent)).toEqual([false, false]);
  });

  test.each([
    ["does not speak TLS", hangingUp("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["hangs up on TLS", hangingUp("")],
    ["is silent to TLS", silent("")],
  ])("was never sent to a server that %s", async (_what, serve) => {
    const failure = await outcomeWith(serve(), { scheme: "https" });
    expect(failure).toMatchObject({ code: "TLS_FAILED" });
    expect(mayHaveBeenSent(failure)).toBe(false);
  });

  const [HEAD, ENDLESS] = ["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nhel"];
  const GZIP = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nplain";
  const SWITCHING = "HTTP/1.1 101 x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n";
  test.each([
    ["hangs up", "CONNECTION_LOST", hangingUp("")],
    ["is silent", "TIMEOUT", silent("")],
    ["breaks off within its answer", "CONNECTION_LOST", hangingUp(HEAD)],
    ["falls silent within its answer", "TIMEOUT", silent(HEAD)],
    ["falls silent in an answer of no length", "TIMEOUT", silent(ENDLESS)],
    ["answers in another encoding than it says", "CONNECTION_LOST", silent(GZIP)],
    ["changes the protocol", "CONNECTION_LOST", silent(SWITCHING)],
    ["speaks something else", "CONNECTION_LOST", hangingUp("SSH-2.0\r\n")],
  ])("may have reached a server that %s", async (_what, code, serve) => {
    const failure = await outcomeWith(serve());
    expect(failure).toMatchObject({ code });
    expect(mayHaveBeenSent(failure)).toBe(true);
    expect(String(failure)).not.toContain("s3cret");
  });

  test("is given up when its answer stops, also after memory was cleared of what nobody holds", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const collecting = setInterval(collect, 20);
    try {
      expect(await outcomeWith(silent(HEAD)())).toMatchObject({ code: "TIMEOUT" });
    } finally {
      clearInterval(collecting);
    }
  });

  test("may have reached a server over a connection that was open before it came", async () => {
    const { maxSockets } = globalAgent;
    globalAgent.maxSockets = 1;
    let heard = 0;
    const server = createHttpServer((_request, response) => {
      heard += 1;
      if (heard === 1) response.end("ok");
      else response.destroy();
    });
    const port = await listen(server);
    try {
      const url = `http://127.0.0.1:${port}`;
      const [first, second] = await Promise.all([outcomeAt(url), outcomeAt(url)]);
      expect(first).toEqual({ status: 200, text: "ok" });
      expect(heard).toBe(2);
      expect(second).toMatchObject({ code: "CONNECTION_LOST" });
    } finally {
      globalAgent.maxSockets = maxSockets;
      server.close();
    }
  });

  test.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
  ])("has its answer unpacked that was packed as %s on its way", async (encoding, pack) => {
    const outcome = await answering((_request, response) => {
      response.setHeader("content-encoding", encoding);
      response.end(pack("wörld"));
    });
    expect(outcome).toEqual({ status: 200, text: "wörld" });
  });

  test("is not sent to a primary for which nobody waits any more", async () => {
    let heard = 0;
    const server = createHttpServer((_request, response) => {
      heard += 1;
      response.end("ok");
    });
    const url = `http://127.0.0.1:${await listen(server)}`;
    const primary = { ...primaryFromUrl(url, null, TIMEOUT), signal: AbortSignal.abort() };
    const message = { body: "hello", type: "text/plain", signal: AbortSignal.timeout(TIMEOUT) };
    await expect(post(primary, url, message)).rejects.toMatchObject({ code: "CONNECTION_REFUSED" });
    await close(server);
    expect(heard).toBe(0);
  });

  test("goes over the connection of the one before it", async () => {
    const connections = new Set<Socket>();
    const server = createHttpServer((_request, response) => response.end("ok"));
    server.on("connection", (socket) => connections.add(socket));
    const port = await listen(server);
    for (let message = 0; message < 12; message++)
      expect(await outcomeAt(`http://127.0.0.1:${port}`)).toEqual({ status: 200, text: "ok" });
    expect(connections.size).toBe(1);
    server.close();
  });
});
