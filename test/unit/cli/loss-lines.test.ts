import { expect, test } from "vitest";
import type { Loss } from "../../../src/actions/losses.ts";
import { lossLines } from "../../../src/cli/loss-lines.ts";

const now = new Date("2026-01-02T00:00:00Z");
const loss = (name: string, rest: Partial<Loss> = {}): Loss => ({
  kind: "table",
  name,
  holdsRows: true,
  rows: 0,
  newest: null,
  bytes: null,
  isRecreated: true,
  extras: [],
  ...rest,
});
const many = (count: number, rest: Partial<Loss> = {}): Loss[] =>
  Array.from({ length: count }, (_, index) => loss(`t${index}`, rest));
const render = (losses: readonly Loss[], isVerbose = false): string[] =>
  lossLines(losses, { now, isVerbose, source: "the models" }).join("\n").split("\n");

test("a long list is folded to twelve lines, what weighs most first, and the rest is summed up", () => {
  const lines = render([
    ...many(480),
    loss("users", { rows: 2300, newest: "2026-01-01T23:57:00.000Z" }),
    loss("tr", { kind: "trigger", holdsRows: false, rows: null, isRecreated: false }),
    loss("legacy", { rows: 4, isRecreated: false }),
    loss("parts", { extras: ['column "a"', 'index "b"', "CHECK (c)"] }),
  ]);
  expect(lines).toHaveLength(12);
  expect(lines[0]).toMatch(/legacy +4 rows +not in the models, will not come back$/);
  expect(lines[1]).toMatch(/users +2,300 rows +newest 3 min ago$/);
  expect(lines[2]).toMatch(/trigger +tr +not in the models, will not come back$/);
  expect(lines[3]).toMatch(/not in the models: column "a", index "b", and 1 more$/);
  expect(lines[11]).toBe("  … and 473 more objects with 0 rows, --verbose shows all");
});

test("rows that are there and cannot be counted are unknown, and what shows those of another table has none", () => {
  const search = { kind: "virtual table", rows: null } as const;
  expect(render([loss("gone", search)])[0]).toMatch(/gone +rows unknown$/);
  expect(render([loss("found", { ...search, holdsRows: false })])[0]).toMatch(/found$/);
});

test("what is folded away keeps its rows and its marks in the sum", () => {
  const lines = render(many(20, { rows: 100, isRecreated: false }));
  expect(lines.at(-1)).toBe(
    "  … and 9 more objects with 900 rows, 9 of them not (wholly) in the models, --verbose shows all",
  );
});

test("a list that fits is not folded, and --verbose folds nothing", () => {
  expect(render(many(12))).toHaveLength(12);
  const verbose = render([...many(500), loss("x", { extras: ["a", "b", "c"] })], true);
  expect(verbose).toHaveLength(501);
  expect(verbose.join("\n")).toContain("not in the models: a, b, c");
});

test("a name cannot move the cursor or forge a line", () => {
  const text = render([loss("a\u001b[2K\nb", { extras: ['column "\u0007"'] })]);
  expect(text).toHaveLength(1);
  expect(text[0]).not.toContain("\u001b");
  expect(text[0]).not.toContain("\u0007");
});
