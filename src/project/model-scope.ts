import { Console } from "node:console";
import { join } from "node:path";
import type { DrizzleApi } from "../schema/drizzle.ts";
import { watchGlobals } from "./watched-globals.ts";

/** What a module exports, by name. */
export type Namespace = Readonly<Record<string, unknown>>;

/** The same as a list, sorted by name. */
export type Exports = readonly (readonly [name: string, value: unknown])[];

export function exportsOf(namespace: Namespace): Exports {
  return Object.entries(namespace).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** What models see besides their own code. */
export interface ModelScope {
  /** By name; to be passed in the place of what is global. */
  readonly globals: Readonly<Record<string, unknown>>;
  /** drizzle-orm, or another package by the `require` of its importer. */
  readonly requirePackage: (id: string, requireOfImporter: () => NodeJS.Require) => unknown;
  /** Whether models asked for something that differs from run to run, as far as was seen until now. */
  readonly wasTouched: () => boolean;
}

/** What the bundle of all models is called in a stack. */
export const BUNDLE_NAME = "clean-slate-models.cjs";

export function createModelScope(root: string, drizzle: DrizzleApi): ModelScope {
  const watched = watchGlobals();
  return {
    globals: {
      ...watched.globals,
      console: new Console(process.stderr), // stdout is for the result
      __filename: join(root, BUNDLE_NAME),
      __dirname: root,
    },
    requirePackage: (id, requireOfImporter) => {
      if (id === "drizzle-orm") return drizzle.orm;
      if (id === "drizzle-orm/sqlite-core") return drizzle.core;
      watched.touch(); // what another package makes may depend on anything
      return requireOfImporter()(id);
    },
    wasTouched: () => watched.wasTouched(),
  };
}
