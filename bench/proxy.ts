import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";

export interface Traffic {
  /** Round trips: the client spoke first, or after the server had spoken. */
  readonly roundTrips: number;
  readonly connections: number;
  /** In both directions. */
  readonly bytes: number;
}

/** Stands between a client and a server: delays what each says, and counts. */
export interface DelayProxy extends AsyncDisposable {
  readonly port: number;
  readonly traffic: Traffic;
}

/**
 * Starts a proxy in front of a port of this computer. A round trip through it takes `delay` milliseconds more than without; the
 * opening of a connection does not.
 */
export async function startDelayProxy(target: number, delay: number): Promise<DelayProxy> {
  const traffic = { roundTrips: 0, connections: 0, bytes: 0 };
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    traffic.connections += 1;
    const upstream = connect({ port: target, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    for (const socket of [client, upstream]) sockets.add(socket.once("close", () => sockets.delete(socket)));
    let mayBegin = true;
    client.on("data", () => {
      traffic.roundTrips += Number(mayBegin);
      mayBegin = false;
    });
    upstream.on("data", () => (mayBegin = true));
    for (const socket of [client, upstream]) socket.on("data", ({ length }) => (traffic.bytes += length));
    relay(client, upstream, delay / 2);
    relay(upstream, client, delay / 2);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    traffic,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}

/** Passes on what one side says, and that it has ended, in order and each so many milliseconds later. */
function relay(from: Socket, to: Socket, delay: number): void {
  const queue: { readonly due: number; readonly act: () => void }[] = [];
  let timer: NodeJS.Timeout | undefined;
  const pump = (): void => {
    timer = undefined;
    while (queue[0] && queue[0].due <= performance.now() + 0.5) queue.shift()?.act();
    if (queue[0]) timer = setTimeout(pump, queue[0].due - performance.now());
  };
  const later = (act: () => void): void => {
    if (delay === 0) return act();
    queue.push({ due: performance.now() + delay, act });
    timer ??= setTimeout(pump, delay);
  };
  from.on("data", (chunk: Buffer) => later(() => to.writable && to.write(chunk)));
  from.on("end", () => later(() => to.end()));
  from.on("close", () => later(() => to.destroySoon()));
  from.on("error", () => from.destroy());
}
