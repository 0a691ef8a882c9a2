/** The project's own copy of drizzle-orm (0.45 or 1.0), so that `is()` and symbols are the ones its models use. */
export interface DrizzleApi {
  readonly orm: typeof import("drizzle-orm");
  readonly core: typeof import("drizzle-orm/sqlite-core");
}

/** One export of one model file. */
export interface ModelExport {
  /** As shown to the user, relative to the project. */
  readonly file: string;
  readonly name: string;
  readonly value: unknown;
}

/** Drizzle 0.45's `casing` option; 1.0 keeps it in the tables themselves. */
export type Casing = "snake_case" | "camelCase";
