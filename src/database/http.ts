import type { ClientRequest, IncomingMessage } from "node:http";
import { pipeline, type Readable } from "node:stream";
import { failureFromConnecting, failureFromConnection, type Phase } from "./network-failure.ts";
import type { Primary } from "./target.ts";

export interface Message {
  readonly body: string | Uint8Array;
  /** The media type of `body`. */
  readonly type: string;
  /** Ends the sending and the reading; with a reason named TimeoutError for want of an answer. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  /** Its bytes as they come. Throws CONNECTION_LOST or TIMEOUT. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Sends a message to the primary; follows no redirect. Node's own client is loaded sooner than `fetch`, and reads an answer of many
 * bytes faster. Throws CONNECTION_REFUSED, DNS_FAILED or TLS_FAILED where nothing was sent, else CONNECTION_LOST or TIMEOUT.
 */
export async function post(primary: Primary, url: string, message: Message): Promise<Answer> {
  const { signal } = message;
  let phase = (): Phase => "connecting";
  const fault = (error: unknown): Error => {
    const [reason, now]: [unknown, Phase] = [signal.aborted ? signal.reason : error, phase()];
    return now === "open"
      ? failureFromConnection(primary, reason)
      : failureFromConnecting(primary, now, reason);
  };
  try {
    primary.signal?.throwIfAborted();
    const { request } = url.startsWith("https:") ? await import("node:https") : await import("node:http");
    const sending = request(url, { method: "POST", headers: headersOf(primary, message), signal });
    phase = watchPhase(sending);
    primary.signal?.addEventListener("abort", () => sending.destroy()); // AbortSignal.any forgets a timeout nobody else holds
    const response = await answerTo(sending, message.body);
    return { status: response.statusCode ?? 0, body: bytesOf(await decoded(response), { signal, fault }) };
  } catch (error) {
    throw fault(error);
  }
}

function headersOf({ authToken }: Primary, { type }: Message): Record<string, string> {
  return {
    "content-type": type,
    // A libSQL server compresses a large answer more slowly than most networks carry it.
    "accept-encoding": "identity",
    ...(authToken !== null && { authorization: `Bearer ${authToken}` }),
  };
}

/** How far its connection has come; one that was kept, or that a proxy has made, is open from the beginning. */
function watchPhase(sending: ClientRequest): () => Phase {
  let phase: Phase = "connecting";
  sending.once("socket", (socket) => {
    const look = (): void => {
      const isSecuring = (socket as { readonly secureConnecting?: boolean }).secureConnecting === true;
      phase = socket.connecting ? "connecting" : isSecuring ? "securing" : "open";
    };
    look();
    if (phase !== "open") socket.once("connect", look).once("secureConnect", look);
  });
  return () => phase;
}

function answerTo(sending: ClientRequest, body: Message["body"]): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sending.on("response", resolve);
    sending.on("error", reject); // also told of after the response, when its reader has heard of it
    sending.on("upgrade", (_response, socket) => {
      socket.destroy();
      reject(new Error("it changes the protocol"));
    });
    sending.on("close", () => reject(new Error("it was closed")));
    sending.end(body);
  });
}

/** What stands in between may compress an answer all the same. */
async function decoded(response: IncomingMessage): Promise<Readable> {
  const encoding = response.headers["content-encoding"] ?? "identity";
  if (encoding === "identity") return response;
  const { createBrotliDecompress, createUnzip } = await import("node:zlib");
  const decoder = encoding === "br" ? createBrotliDecompress() : createUnzip();
  return pipeline(response, decoder, () => {}); // its reader hears of what goes wrong
}

interface Reading extends Pick<Message, "signal"> {
  readonly fault: (error: unknown) => Error;
}

async function* bytesOf(stream: Readable, { signal, fault }: Reading): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) yield chunk as Uint8Array;
    signal.throwIfAborted(); // without a length an answer that was cut off ends like any other
  } catch (error) {
    throw fault(error);
  }
}

/** Bytes of an answer that is read as a whole: a server sends 10 MB at most unless it was told otherwise. */
const LARGEST = 2 ** 28;

/** Reads an answer as a whole, or as much of it as can be meant. */
export async function textOf({ body }: Answer): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > LARGEST) break;
  }
  return Buffer.concat(chunks).toString();
}
