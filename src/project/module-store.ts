import { hash } from "node:crypto";
import { cachedDataVersionTag } from "node:v8";
import { openCacheFolder } from "./cache-folder.ts";
import type { LinkedGraph } from "./module-graph.ts";

/** A module as it was run. */
export interface CompiledModule {
  readonly code: string;
  /** Hash of everything it was compiled from. */
  readonly key: string;
  /** What it exported, sorted. */
  readonly names: readonly string[];
  /** What V8 made of the code. */
  readonly data: Buffer;
}

/** How models were run module by module. */
export interface KeptProgram {
  readonly linkage: string;
  readonly graph: LinkedGraph;
  /** Hash of what besides its content decides over what a module is compiled to. */
  readonly conditions: string;
  /** By path. */
  readonly modules: ReadonlyMap<string, CompiledModule>;
}

export interface ModuleStore {
  /** Null when nothing is kept, or not as it was written: V8 believes what it is given, and one wrong byte ends the process. */
  read(): KeptProgram | null;
  write(program: KeptProgram): void;
}

/** How modules are linked, in short: two programs with the same differ in nothing but the content of modules. */
export function linkageOf({ graph, conditions, modules }: Omit<KeptProgram, "linkage">): string {
  const names = [...modules].map(([path, own]) => [path, own.names]);
  return hash("sha256", JSON.stringify([graph, conditions, names]), "base64url");
}

interface Head extends Omit<KeptProgram, "modules"> {
  /** In the order in which their code and data follow; lengths in bytes. */
  readonly modules: readonly (Omit<CompiledModule, "code" | "data"> & {
    readonly path: string;
    readonly code: number;
    readonly data: number;
  })[];
}

const PREFIX = "modules-";

/** Of other models, and of versions of Node that are not used any more. */
const MOST_FILES = 8;

const SEAL_BYTES = 32;
const LENGTH_BYTES = 4;

/** Keeps the compiled modules of one folder of models, for this very V8, in one file: a seal, the length of the head, the head, then each code and its data. */
export function openModuleStore(root: string, folder: string): ModuleStore {
  const cache = openCacheFolder(root);
  const key = hash("sha256", JSON.stringify([root, folder, cachedDataVersionTag()]), "base64url").slice(
    0,
    16,
  );
  const name = `${PREFIX}${key}.bin`;
  return {
    read: () => {
      const bytes = cache.readBytes(name);
      const content = bytes?.subarray(SEAL_BYTES);
      if (!bytes || !content || !sealOf(content).equals(bytes.subarray(0, SEAL_BYTES))) return null;
      return unpacked(content);
    },
    write: (program) => {
      const content = packed(program);
      cache.writeBytes(name, Buffer.concat([sealOf(content), content]));
      cache.prune(PREFIX, MOST_FILES);
    },
  };
}

function packed({ modules, ...program }: KeptProgram): Buffer {
  const parts = [...modules].map(([path, own]) => ({ ...own, path, code: Buffer.from(own.code) }));
  const list = parts.map((part) => ({ ...part, code: part.code.length, data: part.data.length }));
  const head = Buffer.from(JSON.stringify({ ...program, modules: list } satisfies Head));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(head.length);
  return Buffer.concat([length, head, ...parts.flatMap(({ code, data }) => [code, data])]);
}

function unpacked(content: Buffer): KeptProgram {
  let at = 0;
  const next = (length: number): Buffer => content.subarray(at, (at += length));
  const { modules, ...program } = JSON.parse(next(next(LENGTH_BYTES).readUInt32LE()).toString()) as Head;
  const all = modules.map(({ path, ...own }) => {
    const [code, data] = [next(own.code).toString(), next(own.data)];
    return [path, { ...own, code, data }] as const;
  });
  return { ...program, modules: new Map(all) };
}

function sealOf(content: Buffer): Buffer {
  return hash("sha256", content, "buffer");
}
