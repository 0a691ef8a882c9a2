import { executeStatements } from "../../database/scratch.ts";
import type { Outcome } from "../../database/database.ts";
import type { Statement } from "../../schema/create.ts";
import type { Image } from "../image.ts";
import type { Folder } from "../storage.ts";
import type { Driver } from "../types.ts";

/** How a database comes to be the first time: from statements, or from the built database of another driver. */
export type Origin =
  | {
      readonly kind: "statements";
      readonly build: (statements: readonly Statement[], place: Place) => Promise<Image>;
    }
  | {
      readonly kind: "derived";
      readonly from: Driver;
      readonly derive: (image: Image, place: Place) => Promise<Image>;
    };

/** What one kind of test database can do. */
export interface DriverModule {
  /** Tells versions apart whose databases are not each other's. */
  readonly engine: (root: string) => Promise<string>;
  readonly origin: Origin;
  /** Opens a copy of an image. */
  readonly open: (image: Image, place: Place) => Promise<Opened>;
  /** False when a database needs no file. */
  readonly needsFolder: boolean;
}

export interface Place {
  /** The project. */
  readonly root: string;
  /** Of this database alone; removed by the caller. */
  readonly folder: Folder;
}

/** An open copy. */
export interface Opened {
  readonly client: unknown;
  /** Makes the Drizzle database; `config` is what drizzle() is given besides the client. */
  readonly drizzle: (config: object) => unknown;
  readonly url: string;
  readonly path: string | null;
  /** Where the database lies in its folder; null when it is in memory. */
  readonly file: string | null;
  readonly authToken: string | null;
  /** Runs statements in one transaction. */
  readonly run: (statements: readonly string[]) => Promise<void>;
  readonly capture: () => Promise<Image>;
  readonly restore: (image: Image) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Throws for a schema that was not built, naming the statement where SQLite itself refuses it. */
export async function checkBuilt(outcome: Outcome, statements: readonly Statement[]): Promise<void> {
  if (outcome.kind === "committed") return;
  executeStatements(statements);
  throw outcome.error;
}
