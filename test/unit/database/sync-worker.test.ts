import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { startSyncWorker } from "../../../src/database/sync-worker.ts";

test("a failure is told when the process has ended, and says what failed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "clean-slate-worker-"));
  try {
    const worker = startSyncWorker();
    await worker.started;
    const path = join(folder, "a.db");
    const reply = await worker.sync({ path, syncUrl: "http://127.0.0.1:9", authToken: null, reads: [] });
    const hasEnded = await Promise.race([worker.ended.then(() => true), setImmediate(false)]);
    expect(reply).toMatchObject({ kind: "failed", message: expect.stringMatching(/connect/) });
    expect(hasEnded).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
