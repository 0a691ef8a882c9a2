/**
 * The Drizzle API a case is written against: `drizzle-orm` and `drizzle-orm/sqlite-core` in one object.
 * Untyped on purpose: one table of cases runs on 0.45 and on 1.0, whose types differ.
 */
// oxlint-disable-next-line typescript/no-explicit-any
export type Drizzle = any;

/** One small schema and what must become of it. */
export interface Case {
  /** A sentence about behaviour; it is the test's title. */
  readonly name: string;
  /** The exports of the models; a key `file.ts/name` puts an export into a file of its own. */
  readonly models: (d: Drizzle) => Record<string, unknown>;
  readonly options?: { readonly casing: "snake_case" | "camelCase" };
  readonly expect: Expectation;
  /** What 1.0 builds where its operators write the same condition with other parentheses. */
  readonly sqlIn1?: readonly string[];
  /** What the built database must answer, in order. */
  readonly insert?: readonly Probe[];
  /** Set when the case cannot be written in Drizzle 1.0, with the reason. */
  readonly only?: { readonly drizzle: "0.45"; readonly because: string };
}

export type Expectation =
  /** drizzle-kit 0.31 is right: ours is the schema its SQL builds. */
  | { readonly kind: "same-as-kit" }
  /** drizzle-kit 0.31 is wrong or throws: ours is the schema this SQL builds. */
  | { readonly kind: "ours"; readonly sql: readonly string[]; readonly because: string }
  /** The models are refused, and the message names what is wrong. */
  | { readonly kind: "refused"; readonly code: "MODELS_INVALID"; readonly mentions: readonly RegExp[] };

/** Runs statements, then reads either an exported table through Drizzle or a query through the driver. */
export type Probe = { readonly run: readonly string[] } & (
  | { readonly from: string; readonly gives: readonly Record<string, unknown>[] }
  | { readonly query: string; readonly gives: readonly Record<string, unknown>[] }
  | { readonly fails: RegExp }
);

/** The expectation of a case drizzle-kit 0.31 gets right. */
export const same: Expectation = { kind: "same-as-kit" };

/** The expectation of a case drizzle-kit 0.31 gets wrong: the reason, then the right statements. */
export function ours(because: string, ...sql: readonly string[]): Expectation {
  return { kind: "ours", because: `drizzle-kit 0.31 ${because}`, sql };
}

/** The expectation of models that must be refused, by what the message has to mention. */
export function refused(...mentions: readonly RegExp[]): Expectation {
  return { kind: "refused", code: "MODELS_INVALID", mentions };
}

/** Inserts a row of defaults and reads it back through Drizzle. */
export function defaultsOf(from: string, row: Record<string, unknown>, table = from): readonly Probe[] {
  return [{ run: [`INSERT INTO "${table}" ("id") VALUES (1)`], from, gives: [{ id: 1, ...row }] }];
}

/** Runs statements, then reads rows through the driver. */
export function answers(
  run: readonly string[],
  query: string,
  ...gives: readonly Record<string, unknown>[]
): readonly Probe[] {
  return [{ run, query, gives }];
}

/** Runs statements of which the last is rejected by the database. */
export function rejects(fails: RegExp, ...run: readonly string[]): readonly Probe[] {
  return [{ run, fails }];
}
