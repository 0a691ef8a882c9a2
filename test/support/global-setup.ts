import { findSqld, skipSqld } from "./sqld.ts";

/** Fetches the server once, before the workers that start it run side by side. */
export async function setup(): Promise<void> {
  if (!skipSqld) await findSqld();
}
