const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const removals = new Set<() => void>();

/**
 * Has `remove`, which cannot wait, called when the process ends, also by an error or a signal, unless the returned function is called before.
 * While nothing is to be removed, no listener is installed.
 */
export function removeAtExit(remove: () => void): () => void {
  if (removals.size === 0) listen();
  removals.add(remove);
  return () => {
    removals.delete(remove);
    if (removals.size === 0) unlisten();
  };
}

function listen(): void {
  process.on("exit", removeAll);
  for (const signal of SIGNALS) process.on(signal, endAfterRemoving);
}

function unlisten(): void {
  process.off("exit", removeAll);
  for (const signal of SIGNALS) process.off(signal, endAfterRemoving);
}

function removeAll(): void {
  // The newest first: a process before the folder it works in.
  for (const remove of [...removals].toReversed()) {
    try {
      remove();
    } catch {
      // the others are still to be removed
    }
  }
  removals.clear();
}

/** A listener of somebody else decides whether the signal ends the process; without one it does, as it would have without us. */
function endAfterRemoving(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  removeAll();
  unlisten();
  process.kill(process.pid, signal);
}
