import { createRequire } from "node:module";
import type { Case } from "./case.ts";
import { drizzle045Version } from "./drizzle-versions.ts";

const kit = createRequire(import.meta.url)("drizzle-kit/api") as typeof import("drizzle-kit/api");

/** The statements drizzle-kit 0.31 writes for a case's models; throws where drizzle-kit does. */
export async function kitStatements(entry: Case): Promise<string[]> {
  const empty = await kit.generateSQLiteDrizzleJson({});
  const target = await kit.generateSQLiteDrizzleJson(
    drizzle045Version.exportsOf(entry),
    undefined,
    entry.options?.casing,
  );
  return kit.generateSQLiteMigration(empty, target);
}
