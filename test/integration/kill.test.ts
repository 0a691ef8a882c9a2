import { describe, expect, test } from "vitest";
import { createKillWorld, type KillPoint } from "../support/kill.ts";
import { skipSqld } from "../support/sqld.ts";

/** The short version of bench/kill.mjs: one kill of every sort. */
const SORTS: readonly (readonly [string, Parameters<typeof createKillWorld>, readonly KillPoint[]])[] = [
  [
    "a local file",
    ["local", { journal: "delete" }],
    [
      { kind: "statement", statement: 1 },
      { kind: "statement", statement: 25 },
      { kind: "time", ms: 8 },
    ],
  ],
  [
    "a local file in WAL mode",
    ["local", { journal: "wal" }],
    [
      { kind: "statement", statement: 30 },
      { kind: "time", ms: 12 },
    ],
  ],
  [
    "a replica",
    ["replica"],
    [
      { kind: "request", request: 0 },
      { kind: "request", request: 1 },
      { kind: "sync", delay: 60 },
      { kind: "server", ms: 10 },
    ],
  ],
  [
    "a primary",
    ["remote"],
    [
      { kind: "time", ms: 5 },
      { kind: "server", ms: 5 },
    ],
  ],
];

/** These may come too late on a fast machine; then one that comes at once is tried. */
const TIMED: ReadonlySet<KillPoint["kind"]> = new Set(["time", "server"]);

describe.concurrent.each(SORTS.filter(([, [kind]]) => kind === "local" || !skipSqld))(
  "kill -9 of a rebuild of %s",
  (_, world, points) => {
    test(
      "leaves exactly the old or the new database, sound, and a next run that just works",
      { timeout: 180_000 },
      async () => {
        await using killed = await createKillWorld(...world);
        const timed: boolean[] = [];
        for (const point of points) {
          const result = await killed.kill(point);
          expect(result).toMatchObject({ point, faults: [] });
          if (TIMED.has(point.kind)) timed.push(result.hit);
          else expect(result).toMatchObject({ point, hit: true });
        }
        for (let attempt = 0; attempt < 5 && !timed.includes(true); attempt += 1) {
          const result = await killed.kill({ kind: "time", ms: 0 });
          expect(result).toMatchObject({ faults: [] });
          timed.push(result.hit);
        }
        expect(timed).toContain(true);
      },
    );
  },
);

test("kill -9 before the COMMIT leaves the old database, after it the new one", async () => {
  await using killed = await createKillWorld("local");
  const states: string[] = [];
  const end = killed.statements;
  for (const statement of [0, Math.floor(end / 2), end - 1]) {
    const { hit, state, faults } = await killed.kill({ kind: "statement", statement });
    expect({ hit, faults }).toEqual({ hit: true, faults: [] });
    states.push(state);
  }
  expect(states).toEqual(["old", "old", "new"]);
});
