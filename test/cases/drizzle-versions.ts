import type { Client } from "@libsql/client";
import * as orm045 from "drizzle-orm";
import { drizzle as drizzle045 } from "drizzle-orm/libsql";
import * as core045 from "drizzle-orm/sqlite-core";
import * as orm1 from "drizzle-orm-rc";
import { drizzle as drizzle1 } from "drizzle-orm-rc/libsql";
import * as core1 from "drizzle-orm-rc/sqlite-core";
import type { schemaFromModels } from "../../src/schema/from-models.ts";
import type { Case, Drizzle } from "./case.ts";

type DrizzleApi = Parameters<typeof schemaFromModels>[0];
type Casing = "snake_case" | "camelCase" | undefined;

/** One version of Drizzle the cases run on. */
export interface DrizzleVersion {
  readonly name: "0.45" | "1.0";
  readonly api: DrizzleApi;
  /** Builds a case's exports; in 1.0 the casing is in the table builders, in 0.45 it stays an option. */
  readonly exportsOf: (entry: Case) => Record<string, unknown>;
  /** Reads all rows of a table or view the way an application does. */
  readonly read: (client: Client, model: unknown, casing: Casing) => Promise<Record<string, unknown>[]>;
}

/** Drizzle 0.45, the version drizzle-kit 0.31 reads. */
export const drizzle045Version: DrizzleVersion = {
  name: "0.45",
  api: { orm: orm045, core: core045 },
  exportsOf: (entry) => entry.models({ ...orm045, ...core045 }),
  read: (client, model, casing) =>
    (drizzle045(client, casing ? { casing } : {}) as Drizzle).select().from(model),
};

/** Drizzle 1.0, at its release candidate. */
export const drizzle1Version: DrizzleVersion = {
  name: "1.0",
  api: { orm: orm1, core: core1 } as unknown as DrizzleApi,
  exportsOf: (entry) => entry.models(casedApi({ ...orm1, ...core1 }, entry.options?.casing)),
  read: (client, model) => (drizzle1({ client }) as Drizzle).select().from(model),
};

function casedApi(d: Drizzle, casing: Casing): Drizzle {
  if (casing === undefined) return d;
  const { table, view } = casing === "snake_case" ? d.snakeCase : d.camelCase;
  const sqliteTableCreator = (rename: unknown) => d.sqliteTableCreator(rename, casing);
  return { ...d, sqliteTable: table, sqliteView: view, sqliteTableCreator };
}
