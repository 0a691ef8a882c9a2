import { hash } from "node:crypto";
import { openCacheFolder } from "./cache-folder.ts";

/** A module as it is run. */
export interface CompiledModule {
  readonly path: string;
  /** Of everything it was compiled from. */
  readonly key: string;
  readonly code: string;
  /** What V8 made of the code. */
  readonly data: Buffer;
}

export interface ModuleStore {
  /** By path; none when they are not as they were written: V8 believes what it is given, and one wrong byte ends the process. */
  read(): ReadonlyMap<string, CompiledModule>;
  write(modules: readonly CompiledModule[]): void;
}

/** How long a part of the code and of the data is, in bytes. */
type Listed = readonly [path: string, key: string, code: number, data: number];

const SEAL_BYTES = 32;
const LENGTH_BYTES = 4;

/** Keeps the compiled modules of one folder of models in one file: a seal, the length of a list, the list, then each code and its data. */
export function openModuleStore(root: string, folder: string): ModuleStore {
  const cache = openCacheFolder(root);
  const name = `modules-${hash("sha256", JSON.stringify([root, folder]), "base64url").slice(0, 16)}.bin`;
  return {
    read: () => {
      const bytes = cache.readBytes(name);
      const content = bytes?.subarray(SEAL_BYTES);
      if (!bytes || !content || !sealOf(content).equals(bytes.subarray(0, SEAL_BYTES))) return new Map();
      return new Map(unpacked(content).map((module) => [module.path, module]));
    },
    write: (modules) => {
      const content = packed(modules);
      cache.writeBytes(name, Buffer.concat([sealOf(content), content]));
    },
  };
}

function packed(modules: readonly CompiledModule[]): Buffer {
  const parts = modules.map(({ code, data }) => [Buffer.from(code), data] as const);
  const list = modules.map(({ path, key, data }, index): Listed => [
    path,
    key,
    parts[index]?.[0].length ?? 0,
    data.length,
  ]);
  const head = Buffer.from(JSON.stringify(list));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(head.length);
  return Buffer.concat([length, head, ...parts.flat()]);
}

function unpacked(content: Buffer): CompiledModule[] {
  let at = 0;
  const next = (length: number): Buffer => content.subarray(at, (at += length));
  const head = next(next(LENGTH_BYTES).readUInt32LE()).toString();
  return (JSON.parse(head) as Listed[]).map(([path, key, code, data]) => ({
    path,
    key,
    code: next(code).toString(),
    data: next(data),
  }));
}

function sealOf(content: Buffer): Buffer {
  return hash("sha256", content, "buffer");
}
