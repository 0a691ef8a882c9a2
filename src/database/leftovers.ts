const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

interface Leftovers {
  readonly removals: Set<() => void>;
  isListening: boolean;
}

/** One for the process: a test runner may load this module several times, and two listeners would wait for each other. */
const shared = globalThis as { [key: symbol]: Leftovers | undefined };
const leftovers = (shared[Symbol.for("clean-slate.leftovers")] ??= {
  removals: new Set(),
  isListening: false,
});

/**
 * Has `remove`, which cannot wait, called when the process ends, also by an error or a signal, or loses the parent it
 * talks to, unless the returned function is called before.
 */
export function removeAtExit(remove: () => void): () => void {
  if (!leftovers.isListening) listen();
  leftovers.removals.add(remove);
  return () => void leftovers.removals.delete(remove);
}

/** Listeners stay: to install those of signals again for each test takes a tenth of what a database takes. */
function listen(): void {
  leftovers.isListening = true;
  process.on("exit", removeAll);
  for (const signal of SIGNALS) process.on(signal, endAfterRemoving);
  if (process.connected) listenForParent();
}

/** A test runner's worker lives on when the runner is killed: what it has open then is nobody's. */
function listenForParent(): void {
  const isIdle = process.listenerCount("message") + process.listenerCount("disconnect") === 0;
  process.on("disconnect", removeAll);
  // A listener keeps the process alive as long as its parent; only somebody else's may.
  if (isIdle) process.channel?.unref();
}

function removeAll(): void {
  // The newest first: a process before the folder it works in.
  for (const remove of [...leftovers.removals].toReversed()) {
    try {
      remove();
    } catch {
      // the others are still to be removed
    }
  }
  leftovers.removals.clear();
}

/** A listener of somebody else decides whether the signal ends the process; without one it does, as it would have without us. */
function endAfterRemoving(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  removeAll();
  process.off(signal, endAfterRemoving);
  process.kill(process.pid, signal);
}
