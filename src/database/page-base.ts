import { hash } from "node:crypto";
import { closeSync, fsync, openSync, readSync, statSync, writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { literal } from "../sql/literal.ts";
import type { Value } from "./database.ts";

/** Bytes of a hash: SHA3-256, as `sha3(X, 256)` of a libSQL server makes it (https://sqlite.org/src/file/ext/misc/shathree.c). */
const HASH = 32;

/** Bytes read at once; a multiple of every page size. */
const CHUNK = 1 << 20;

/** What the pages of a primary's file measure. */
export interface Pages {
  /** Bytes of each. */
  readonly size: number;
  /** Of all of them together. */
  readonly bytes: number;
}

/**
 * Writes the pages of the database at `base`, the newest of each, into an empty file, no more than the primary has, and returns their hashes,
 * one after the other. They are read without a lock and need not fit together: what a hash does not prove is replaced. Null for what is no
 * database of pages of that size.
 */
export async function writeBase(base: string, file: number, pages: Pages): Promise<Uint8Array | null> {
  // Its log is opened first: who closes a database writes that into it, and removes it.
  const isCopied = await reading(`${base}-wal`, (log) =>
    reading(base, async (from) => {
      if (from === null || !(await copyFile(from, file, pages))) return false;
      if (log !== null) await copyLog(log, file, pages);
      return true;
    }),
  );
  if (!isCopied) return null;
  const [hashes] = await Promise.all([hashesOf(file, pages.size), flushed(file)]);
  return hashes;
}

/** Opens a file, or reads null where there is none. */
async function reading<T>(path: string, read: (file: number | null) => Promise<T>): Promise<T> {
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  const file = isFile ? openSync(path, "r") : null;
  try {
    return await read(file);
  } finally {
    if (file !== null) closeSync(file);
  }
}

interface Part {
  readonly bytes: Buffer;
  readonly at: number;
}

/** The parts of a file from `start`, each in the same buffer. Other work, such as an answer that has come, has its turn between them. */
async function* partsOf(file: number, start: number, length: number): AsyncGenerator<Part> {
  const buffer = Buffer.allocUnsafe(length);
  for (let at = start; ;) {
    const read = readSync(file, buffer, 0, length, at);
    if (read === 0) return;
    yield { bytes: buffer.subarray(0, read), at };
    at += read;
    await setImmediate();
  }
}

/** False, with nothing written, for a file without such a header. */
async function copyFile(from: number, to: number, { size, bytes: limit }: Pages): Promise<boolean> {
  if (pageSizeIn(from) !== size) return false;
  for await (const { bytes, at } of partsOf(from, 0, CHUNK)) {
    if (at >= limit) break;
    writeSync(to, bytes, 0, Math.min(bytes.length, limit - at), at);
  }
  return true;
}

const MAGIC = Buffer.from("SQLite format 3\0");

/** 0 where there is no header (https://www.sqlite.org/fileformat2.html#the_database_header). */
function pageSizeIn(file: number): number {
  const header = headOf(file, MAGIC.length + 2);
  if (!header.subarray(0, MAGIC.length).equals(MAGIC)) return 0;
  const named = header.readUInt16BE(MAGIC.length);
  return named === 1 ? 65_536 : named;
}

function headOf(file: number, length: number): Buffer {
  const header = Buffer.alloc(length);
  readSync(file, header, 0, length, 0);
  return header;
}

/** In a log (https://www.sqlite.org/fileformat2.html#the_write_ahead_log). */
const LOG_HEADER = 32;
const FRAME_HEADER = 24;
const LOG_MAGIC = 0x377f0682; // or one more, by the order of the bytes its checksums are made of
const SALTS = { inLog: 16, inFrame: 8, length: 8 } as const;

/** Frames of another salt are older than the log, and so is all that follows. */
async function copyLog(from: number, to: number, { size, bytes: limit }: Pages): Promise<void> {
  const { inLog, inFrame, length } = SALTS;
  const header = headOf(from, LOG_HEADER);
  if ((header.readUInt32BE(0) & ~1) !== LOG_MAGIC) return;
  const salts = header.subarray(inLog, inLog + length);
  const frame = FRAME_HEADER + size;
  for await (const { bytes } of partsOf(from, LOG_HEADER, frame * Math.ceil(CHUNK / frame))) {
    for (let start = 0; start + frame <= bytes.length; start += frame) {
      const number = bytes.readUInt32BE(start);
      const isOfLog = salts.equals(bytes.subarray(start + inFrame, start + inFrame + length));
      if (!isOfLog || number === 0) return;
      if (number * size <= limit) writeSync(to, bytes, start + FRAME_HEADER, size, (number - 1) * size);
    }
  }
}

/** The disk writes while this process hashes. What goes wrong is for whoever keeps the file to find: that is flushed again. */
function flushed(file: number): Promise<void> {
  return new Promise((resolve) => fsync(file, () => resolve()));
}

async function hashesOf(file: number, size: number): Promise<Uint8Array> {
  const hashes: Buffer[] = [];
  for await (const { bytes } of partsOf(file, 0, CHUNK)) {
    for (let start = 0; start + size <= bytes.length; start += size)
      hashes.push(sha3(bytes.subarray(start, start + size)));
  }
  return Buffer.concat(hashes);
}

const sha3 = (data: Uint8Array | string): Buffer => hash("sha3-256", data, "buffer");

/** Pages to a statement: a server takes some megabytes of text, and is not silent for long. */
const TOGETHER = 32_768;

/** Pages that follow each other; the last of them have no end. */
interface Range {
  readonly before: number;
  readonly end: number | undefined;
  readonly condition: string;
}

function rangesOf({ size, bytes }: Pages): Range[] {
  const count = Math.max(1, Math.ceil(bytes / size / TOGETHER));
  return Array.from({ length: count }, (_, index) => {
    const before = index * TOGETHER;
    const end = index + 1 < count ? before + TOGETHER : undefined;
    const condition = `pgno > ${before}${end === undefined ? "" : ` AND pgno <= ${end}`}`;
    return { before, end, condition };
  });
}

const hashesIn = (hashes: Uint8Array, { before, end = Infinity }: Range): Uint8Array =>
  hashes.subarray(before * HASH, Math.min(end * HASH, hashes.length));

/** Queries for one hash of all pages in each range. */
export function hashQueries(pages: Pages): string[] {
  return rangesOf(pages).map(
    ({ condition }) =>
      `SELECT sha3(group_concat(hex(sha3(data, 256)), ''), 256) AS hash FROM sqlite_dbpage WHERE ${condition}`,
  );
}

/** Whether the pages with these hashes are all there are: what {@link hashQueries} answered says so. */
export function areAllPages(hashes: Uint8Array, answers: readonly Value[], pages: Pages): boolean {
  return rangesOf(pages).every((range, index) => {
    const answer = answers[index];
    return answer instanceof Uint8Array && sha3(toHex(hashesIn(hashes, range))).equals(answer);
  });
}

const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex").toUpperCase();

/** Queries for the pages whose hash is not the one at hand, each beginning with how many it has, as a page of number 0. */
export function differingPages(hashes: Uint8Array, pages: Pages, isWanted: string): string[] {
  return rangesOf(pages).map((range) => {
    const known = literal(hashesIn(hashes, range));
    const differs = `sha3(data, 256) IS NOT substr(${known}, (pgno - ${range.before} - 1) * ${HASH} + 1, ${HASH})`;
    const where = `${range.condition} AND ${isWanted} AND ${differs}`;
    return (
      `WITH other AS MATERIALIZED (SELECT pgno, data FROM sqlite_dbpage WHERE ${where}) ` +
      "SELECT 0 AS pgno, count(*) AS data FROM other UNION ALL SELECT pgno, data FROM other"
    );
  });
}
