import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createRequire, wrap } from "node:module";
import { basename, dirname, join } from "node:path";
import { Script } from "node:vm";
import { cacheFolderOf } from "../folders.ts";
import { renewIfPossible } from "../project/cache-folder.ts";

/** A CommonJS file that was run. */
export interface Compiled<Exports> {
  readonly exports: Exports;
  /** Keeps what V8 has made of it by now, unless enough is kept. */
  readonly keep: () => void;
}

/** V8 compiles a function when it is first called: what a run adds is kept during so many runs, which take different ways. */
const LEARNING_RUNS = 8;

/**
 * Runs a CommonJS file of ours with what V8 made of it when it ran for the same `purpose` before: to compile it again would be much
 * of a short run.
 */
export function runCompiled<Exports>(path: string, purpose: string): Compiled<Exports> {
  const require = createRequire(path);
  const source = readFileSync(path);
  const file = fileOf(path, purpose);
  const kept = file === null ? null : readKept(file, source);
  // ASCII, as esbuild writes it
  const script = new Script(wrap(source.toString("latin1")), {
    filename: path,
    ...(kept && { cachedData: kept.code }),
  });
  const module = { exports: {} };
  const run = script.runInThisContext() as (...scope: unknown[]) => void;
  run(module.exports, require, module, path, dirname(path));
  const runs = script.cachedDataRejected === false ? (kept?.runs ?? 0) : 0;
  const keep = (): void => {
    if (file === null || runs >= LEARNING_RUNS) return;
    const content = Buffer.concat([Buffer.of(runs + 1), script.createCachedData()]);
    renewIfPossible(file, Buffer.concat([sealOf(source, content), content]));
  };
  return { exports: module.exports as Exports, keep };
}

interface KeptCode {
  /** That have added to it; at most 255. */
  readonly runs: number;
  readonly code: Buffer;
}

function fileOf(path: string, purpose: string): string | null {
  const folder = cacheFolderOf(dirname(path));
  return folder === null || !/^[a-z-]+$/.test(purpose)
    ? null
    : join(folder, `${basename(path, ".js")}-${purpose}.v8`);
}

/** Null when there is none, or it is of another source, or not as it was written: V8 believes it, and one wrong byte ends the process. */
function readKept(file: string, source: Buffer): KeptCode | null {
  try {
    if (!statSync(file).isFile()) return null; // to read a pipe is to wait for its writer
    const bytes = readFileSync(file);
    const content = bytes.subarray(SEAL_BYTES);
    if (!sealOf(source, content).equals(bytes.subarray(0, SEAL_BYTES))) return null;
    return { runs: content.readUInt8(), code: content.subarray(1) };
  } catch {
    return null;
  }
}

const SEAL_BYTES = 32;

function sealOf(source: Buffer, content: Buffer): Buffer {
  return createHash("sha256").update(source).update(content).digest();
}
