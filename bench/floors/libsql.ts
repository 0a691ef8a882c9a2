import { createRequire } from "node:module";

/** As much of the `libsql` package, the driver of @libsql/client, as is used here. */
export interface Database {
  readonly exec: (sql: string) => void;
  readonly prepare: (sql: string) => { readonly all: () => unknown[] };
  readonly sync: () => void;
  readonly close: () => void;
}

type Libsql = new (path: string, options?: { readonly syncUrl: string }) => Database;

/** Opens a database file; with the address of its primary, an embedded replica. */
export function openDatabase(path: string, ...options: { readonly syncUrl: string }[]): Database {
  const client = createRequire(import.meta.url).resolve("@libsql/client");
  const Libsql = createRequire(client)("libsql") as Libsql;
  return new Libsql(path, ...options);
}
