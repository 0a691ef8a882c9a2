import Database from "better-sqlite3";
import { drizzle } from "drizzle-orm/better-sqlite3";
import type { Outcome } from "../../database/database.ts";
import { CleanSlateError } from "../../errors.ts";
import type { Statement } from "../../schema/create.ts";
import { terminated } from "../../sql/statements.ts";
import type { Image } from "../image.ts";
import { checkBuilt, type DriverModule, type Opened } from "./driver.ts";

/** A better-sqlite3 database in memory. */
export const driver: DriverModule = {
  engine,
  origin: { kind: "statements", build },
  open,
  needsFolder: false,
};

async function engine(): Promise<string> {
  const client = openFirst();
  const version = client.prepare("SELECT sqlite_source_id()").pluck().get();
  client.close();
  return String(version);
}

/** The native part is loaded with the first database. */
function openFirst(): Database.Database {
  try {
    return new Database(":memory:");
  } catch (cause) {
    const message = `better-sqlite3 cannot be loaded: ${(cause as Error).message.split("\n").join(" ")}`;
    throw new CleanSlateError("PACKAGE_MISSING", message, { cause, hint: "npm rebuild better-sqlite3" });
  }
}

async function build(statements: readonly Statement[]): Promise<Image> {
  const client = new Database(":memory:");
  try {
    await checkBuilt(execute(client, statements), statements);
    return { kind: "bytes", bytes: client.serialize() };
  } finally {
    client.close();
  }
}

function execute(client: Database.Database, statements: readonly Statement[]): Outcome {
  try {
    runAll(
      client,
      statements.map(({ sql }) => sql),
    );
    return { kind: "committed", reads: [] };
  } catch (cause) {
    const error = new CleanSlateError("SQL_INVALID", (cause as Error).message, { cause });
    return { kind: "rolled-back", index: null, error };
  }
}

function runAll(client: Database.Database, statements: readonly string[]): void {
  client.transaction(() => client.exec(statements.map(terminated).join("")))();
}

async function open(image: Image): Promise<Opened> {
  let current = load(image);
  const client = following(() => current);
  return {
    client,
    drizzle: (config) => drizzle({ ...config, client }),
    url: ":memory:",
    path: null,
    file: null,
    authToken: null,
    run: async (statements) => runAll(current, statements),
    capture: async () => ({ kind: "bytes", bytes: current.serialize() }),
    restore: async (to) => {
      current.close();
      current = load(to);
    },
    close: async () => void current.close(),
  };
}

function load(image: Image): Database.Database {
  return new Database(image.kind === "bytes" ? image.bytes : image.path);
}

/** A connection in memory cannot be given another content; so what tests hold stands for the connection there is now. */
function following(current: () => Database.Database): Database.Database {
  return new Proxy(current(), {
    get: (_, name) => {
      const database = current();
      const value: unknown = Reflect.get(database, name, database);
      return typeof value === "function" ? (value.bind(database) as unknown) : value;
    },
  });
}
