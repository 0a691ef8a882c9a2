import { createHash } from "node:crypto";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { areAllPages, writeBase } from "../../../src/database/page-base.ts";
import { connect, rowsOf, type Connection } from "../../../src/database/sqlite.ts";

const ALL = Number.MAX_SAFE_INTEGER;

let folder: string;
let path: string;
let connection: Connection;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "clean-slate-base-"));
  path = join(folder, "a.db");
  connection = connect(path);
  connection.exec("PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (a)");
});

afterEach(() => {
  connection.close();
  rmSync(folder, { recursive: true, force: true });
});

const hashOf = (data: Uint8Array | string): Buffer => createHash("sha3-256").update(data).digest();

/** As SQLite sees the pages of the open database. */
function pageHashes(): Buffer {
  const pages = rowsOf(connection, "SELECT data FROM sqlite_dbpage ORDER BY pgno");
  return Buffer.concat(pages.map(({ data }) => hashOf(data as Uint8Array)));
}

async function baseOf(bytes = ALL, size = 4096): Promise<{ hashes: Uint8Array | null; bytes: Buffer }> {
  const copy = join(folder, "copy");
  const file = openSync(copy, "w+");
  const hashes = await writeBase(path, file, { size, bytes });
  closeSync(file);
  return { hashes, bytes: readFileSync(copy) };
}

const insert = (rows: number): void => {
  connection.exec(
    `WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) INSERT INTO t SELECT randomblob(900) FROM n`,
  );
};

test("the pages are those of the file with what its log has on top", async () => {
  insert(20);
  const { hashes, bytes } = await baseOf();
  expect(hashes).toEqual(pageHashes());
  expect(bytes.length).toBe(pageHashes().length * 128);
});

test("what a log held before it was begun anew is passed over", async () => {
  insert(20);
  connection.exec("UPDATE t SET a = zeroblob(900)");
  const before = statSync(`${path}-wal`).size;
  rowsOf(connection, "PRAGMA wal_checkpoint(RESTART)");
  connection.exec("UPDATE t SET a = randomblob(900) WHERE rowid = 20");
  expect(statSync(`${path}-wal`).size).toBe(before); // the older frames are still behind the new ones
  expect((await baseOf()).hashes).toEqual(pageHashes());
});

test("the pages are the newest where the last connection is closed while the file is read", async () => {
  insert(3000); // more than is read at once
  rowsOf(connection, "PRAGMA wal_checkpoint(RESTART)");
  connection.exec("UPDATE t SET a = randomblob(900)");
  const reading = baseOf();
  rowsOf(connection, "PRAGMA wal_checkpoint(PASSIVE)");
  rmSync(`${path}-wal`);
  expect((await reading).hashes).toEqual(pageHashes());
});

test("no more is written than is asked for", async () => {
  insert(20);
  rowsOf(connection, "PRAGMA wal_checkpoint(PASSIVE)");
  expect((await baseOf(8192)).bytes.length).toBe(8192);
});

test("a file without a header, or of pages of another size, is no base, and nothing of it is written", async () => {
  insert(20);
  rowsOf(connection, "PRAGMA wal_checkpoint(PASSIVE)");
  const nothing = { hashes: null, bytes: Buffer.alloc(0) };
  expect(await baseOf(ALL, 8192)).toEqual(nothing);
  const bytes = readFileSync(path);
  path = path.replace("a.db", "b.db");
  writeFileSync(path, Buffer.concat([Buffer.alloc(16), bytes.subarray(16)]));
  expect(await baseOf()).toEqual(nothing);
  writeFileSync(path, bytes.subarray(0, 16));
  expect(await baseOf()).toEqual(nothing);
});

test("a log that is none is not read, however long it is", async () => {
  insert(20);
  rowsOf(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
  truncateSync(`${path}-wal`, 2 ** 40);
  expect((await baseOf()).hashes).toEqual(pageHashes());
});

test("all pages are equal only where every range of them says so", () => {
  const pages = { size: 4096, bytes: 32_768 * 4096 + 4096 };
  const hashes = Buffer.concat(Array.from({ length: 32_769 }, (_, index) => hashOf(String(index))));
  const upper = (part: Buffer): Buffer => hashOf(part.toString("hex").toUpperCase());
  const answers = [upper(hashes.subarray(0, 32_768 * 32)), upper(hashes.subarray(32_768 * 32))];
  expect(areAllPages(hashes, answers, pages)).toBe(true);
  expect(areAllPages(hashes, answers.toReversed(), pages)).toBe(false);
  expect(areAllPages(hashes, answers.slice(0, 1), pages)).toBe(false);
  expect(areAllPages(hashes, [...answers.slice(0, 1), null], pages)).toBe(false);
});
