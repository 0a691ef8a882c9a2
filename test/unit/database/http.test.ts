import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { post, textOf } from "../../../src/database/http.ts";
import { mayHaveBeenSent } from "../../../src/database/network-failure.ts";
import { primaryFromUrl } from "../../../src/database/target.ts";
import { listen } from "../../support/http.ts";

const TIMEOUT = 300;

/** What comes of a message to an address: the text of its answer, or the failure. */
async function outcomeAt(url: string, timeout = TIMEOUT): Promise<unknown> {
  const primary = primaryFromUrl(url, "s3cret", timeout);
  const message = { body: "hello", type: "text/plain", signal: AbortSignal.timeout(timeout) };
  try {
    const answer = await post(primary, primary.endpoint, message);
    return { status: answer.status, text: await textOf(answer) };
  } catch (error) {
    return error;
  }
}

/** The same where a server is that deals with each connection so; it is gone afterwards. */
async function outcomeWith(server: Server, scheme: "http" | "https" = "http"): Promise<unknown> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket.on("error", () => {})));
  const port = await listen(server);
  try {
    return await outcomeAt(`${scheme}://127.0.0.1:${port}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

const answering = (answer: RequestListener): Promise<unknown> => outcomeWith(createHttpServer(answer));

/** A server that, once it has heard something, says `text` and hangs up if it is to. */
function saying(text: string, { isEnding }: { readonly isEnding: boolean }): Server {
  return createServer((socket) =>
    socket.once("data", () => {
      if (isEnding) socket.end(text);
      else socket.write(text);
    }),
  );
}

async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, "close");
  return port;
}

const HEAD = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n";

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

  const UNSENT: readonly (readonly [string, string, () => Promise<unknown>])[] = [
    [
      "where nothing listens",
      "CONNECTION_REFUSED",
      async () => outcomeAt(`http://127.0.0.1:${await closedPort()}`, 5000),
    ],
    ["to a name nobody knows", "DNS_FAILED", () => outcomeAt("http://nobody.invalid", 5000)],
    [
      "to a server that does not speak TLS",
      "TLS_FAILED",
      () => outcomeWith(saying("HTTP/1.1 400 Bad Request\r\n\r\n", { isEnding: true }), "https"),
    ],
    [
      "to a server that hangs up on TLS",
      "TLS_FAILED",
      () => outcomeWith(saying("", { isEnding: true }), "https"),
    ],
    [
      "to a server that is silent to TLS",
      "TLS_FAILED",
      () => outcomeWith(saying("", { isEnding: false }), "https"),
    ],
  ];
  test.each(UNSENT)("%s was never sent", async (_where, code, attempt) => {
    const failure = await attempt();
    expect(failure).toMatchObject({ code });
    expect(mayHaveBeenSent(failure)).toBe(false);
  });

  const LOST: readonly (readonly [string, string, () => Promise<unknown>])[] = [
    ["hangs up", "CONNECTION_LOST", () => outcomeWith(saying("", { isEnding: true }))],
    ["is silent", "TIMEOUT", () => outcomeWith(saying("", { isEnding: false }))],
    ["breaks off within its answer", "CONNECTION_LOST", () => outcomeWith(saying(HEAD, { isEnding: true }))],
    ["falls silent within its answer", "TIMEOUT", () => outcomeWith(saying(HEAD, { isEnding: false }))],
    [
      "speaks something else",
      "CONNECTION_LOST",
      () => outcomeWith(saying("SSH-2.0\r\n", { isEnding: true })),
    ],
  ];
  test.each(LOST)("may have reached a server that %s", async (_what, code, attempt) => {
    const failure = await attempt();
    expect(failure).toMatchObject({ code });
    expect(mayHaveBeenSent(failure)).toBe(true);
    expect(String(failure)).not.toContain("s3cret");
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
