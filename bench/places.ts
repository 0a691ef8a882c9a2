import { join } from "node:path";
import { repoPath } from "../test/support/paths.ts";

/** Working folders and fixtures; git ignores it, it can be removed at any time. */
export const WORK = repoPath("bench", ".work");

/** The folder of a peer's package.json and node_modules. */
export function peerFolder(peer: string): string {
  return repoPath("bench", "peers", peer);
}

/** The packages a contestant sees: those of this repository, or a peer's own. */
export function modulesOf(peer: string | null): string {
  return join(peer === null ? repoPath() : peerFolder(peer), "node_modules");
}
