import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** A young collection misses a client that lived through several of them; so many later, an old one takes it. */
const MAJOR_EVERY = 64;

let collect: ((options: { type: "minor" | "major" }) => void) | undefined;
let count = 0;

/**
 * Makes the native libSQL driver let go of closed databases: it keeps files and memory until its objects are collected
 * (https://github.com/tursodatabase/libsql-js/issues/228). Takes half a millisecond.
 */
export async function releaseHandles(): Promise<void> {
  collect ??= findCollector();
  count += 1;
  collect({ type: count % MAJOR_EVERY === 0 ? "major" : "minor" });
  await setImmediate(); // what was collected is let go of in the next turn of the event loop
}

function findCollector(): NonNullable<typeof collect> {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as NonNullable<typeof collect>;
}
