import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findBackup, listBackups } from "../../../src/project/backups.ts";
import { pruneBackups } from "../../../src/project/prune-backups.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "clean-slate-prune-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A backup of ten bytes, named after its minute. */
function backup(minute: number, rows: number, location = "local.db"): string {
  const name = `202601010${String(minute).padStart(3, "0")}00_local.db_0123456789abcdef`;
  const manifest = {
    format: 1,
    version: "0.1.0",
    created: "2026-01-01T00:00:00.000Z",
    database: { kind: "local", name: location, location },
    reason: "before apply-migration",
    label: null,
    fingerprint: "0123456789abcdef",
    objects: 1,
    rows,
    bytes: 10,
    sha256: "0".repeat(64),
  };
  writeFileSync(join(folder, `${name}.db`), "0123456789");
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(manifest));
  return name;
}

const names = () => listBackups(folder).backups.map(({ name }) => name);

test("a day of rebuilding an empty schema does not push out the newest backup that holds rows", () => {
  backup(1, 5);
  const withRows = backup(2, 7);
  for (let minute = 3; minute < 9; minute++) backup(minute, 0);
  const newest = backup(9, 0);
  pruneBackups(folder, { keep: 1, bytes: 1000 }, () => false);
  expect(names()).toEqual([withRows, newest]);
});

test("each database keeps its own newest, whatever the size of all", () => {
  const other = backup(1, 1, "other.db");
  backup(2, 1);
  const newest = backup(3, 1);
  pruneBackups(folder, { keep: 5, bytes: 5 }, () => false);
  expect(names()).toEqual([other, newest]);
});

test("latest is refused when the newest is damaged, and names the one before it", () => {
  const before = backup(1, 1);
  const newest = backup(2, 1);
  writeFileSync(join(folder, `${newest}.db`), "short");
  expect(() => findBackup(folder, "latest", "local.db")).toThrow(
    expect.objectContaining({ code: "BACKUP_DAMAGED", hint: expect.stringContaining(before) }),
  );
});
