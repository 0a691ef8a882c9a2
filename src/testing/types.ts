import type { Client } from "@libsql/client";
import type { Database } from "better-sqlite3";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import type { LibSQLDatabase } from "drizzle-orm/libsql/driver-core";

/**
 * What a test database is: a libSQL file, a better-sqlite3 database in memory, a libSQL server (sqld) with a process of its own,
 * or an embedded replica of such a server.
 */
export type Driver = keyof Drivers;

/** The module namespace of the Drizzle models: `import * as schema from "../models/index.ts"`. */
export type TestSchema = Record<string, unknown>;

/** The Drizzle database of each driver. */
export interface Drivers<Schema extends TestSchema = TestSchema> {
  readonly libsql: LibSQLDatabase<Schema>;
  readonly "better-sqlite3": BetterSQLite3Database<Schema>;
  readonly sqld: LibSQLDatabase<Schema>;
  readonly replica: LibSQLDatabase<Schema>;
}

export type DatabaseOf<D extends Driver, Schema extends TestSchema> = Drivers<Schema>[D];

export type ClientOf<D extends Driver> = D extends "better-sqlite3" ? Database : Client;

/**
 * Rows every database of a template begins with: the path of an `.sql` file or of a module whose default export is such a
 * function, or the function. A file is run once for its content, a function once for each process.
 */
export type Seed<D extends Driver, Schema extends TestSchema> =
  | string
  | ((db: DatabaseOf<D, Schema>, client: ClientOf<D>) => unknown);

export interface TemplateOptions<D extends Driver = "libsql", Schema extends TestSchema = TestSchema> {
  /** `libsql` when not given. */
  readonly driver?: D;
  /** Gives `db` its types and its relational queries; without `models` also the tables and views. */
  readonly schema?: Schema;
  /** The folder of the model files, relative to `root`. */
  readonly models?: string;
  /** As given to drizzle(). */
  readonly casing?: "snake_case" | "camelCase";
  readonly seed?: Seed<D, Schema>;
  /** The project's folder; the working directory when not given. */
  readonly root?: string;
}

/** A built database that test databases are copies of. Plain data but for `schema`. */
export interface Template<D extends Driver = Driver, Schema extends TestSchema = TestSchema> {
  readonly driver: D;
  /** Stands for the statements, the seed, the driver and its version. */
  readonly fingerprint: string;
  /** The file or folder it lies in. */
  readonly path: string;
  readonly root: string;
  readonly schema: Schema | undefined;
  readonly casing: "snake_case" | "camelCase" | undefined;
}

declare const content: unique symbol;

/** The content of a test database at one moment; good for that database only. */
export interface Snapshot {
  readonly [content]: true;
}

/** A database of one test's own. Disposing closes and removes it. */
export interface TestDatabase<
  D extends Driver = Driver,
  Schema extends TestSchema = TestSchema,
> extends AsyncDisposable {
  readonly driver: D;
  readonly db: DatabaseOf<D, Schema>;
  /** The driver's own client. */
  readonly client: ClientOf<D>;
  /** For TURSO_DATABASE_URL or createClient(): `file:…`, the server's `http://127.0.0.1:…`, or `:memory:`. */
  readonly url: string;
  /** The database or replica file; null where there is none. */
  readonly path: string | null;
  /** What the server asks for; null without a server. */
  readonly authToken: string | null;
  /** Remembers the content as it is now. No transaction may be open. */
  snapshot(): Promise<Snapshot>;
  /** Goes back to a snapshot, or to the template. Statements prepared with better-sqlite3 must be prepared again. */
  reset(snapshot?: Snapshot): Promise<void>;
  /** Keeps the database when it is disposed; returns the path it will have. A name makes that path the same each time. */
  keep(name?: string): string;
}
