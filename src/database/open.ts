import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { CleanSlateError } from "../errors.ts";
import { realPath } from "../folders.ts";
import type { Database } from "./database.ts";
import type { Target } from "./target.ts";

/** Opens what holds the truth of a target: the local file, or the primary. Loads only the driver it needs. */
export async function openAuthority(target: Target): Promise<Database> {
  if (target.kind === "local") {
    checkLocalFile(target.path);
    const { openLocal } = await import("./local.ts");
    return openLocal(target.path);
  }
  const { openRemote } = await import("./remote.ts");
  return openRemote(target.primary);
}

/** Opens the same without making a local file that is not there: null instead. */
export async function openPresent(target: Target): Promise<Database | null> {
  if (target.kind !== "local" || existsSync(target.path)) return openAuthority(target);
  checkLocalFile(target.path);
  return null;
}

/** A replica rebuilt as a plain file parts from its primary, and neither says so afterwards. */
function checkLocalFile(named: string): void {
  const path = realPath(named); // what a replica keeps lies beside the file, not beside a link to it
  refuseNonFile(path);
  if (existsSync(`${path}-client_wal_index`) || existsSync(`${path}-info`)) {
    throw new CleanSlateError(
      "CONFIG_INVALID",
      `"${path}" is the embedded replica of a primary, and TURSO_DATABASE_URL is not set`,
      {
        hint: "set TURSO_DATABASE_URL, or name another file with --database",
      },
    );
  }
  if (!existsSync(dirname(path))) {
    throw new CleanSlateError("DATABASE_UNREADABLE", `the folder of "${path}" does not exist`, {
      hint: `mkdir -p "${dirname(path)}"`,
    });
  }
}

/** A folder, a pipe or a device is no database, and opening a pipe would wait for ever. Throws DATABASE_UNREADABLE. */
export function refuseNonFile(path: string): void {
  if (!existsSync(path) || statSync(path).isFile()) return;
  throw new CleanSlateError("DATABASE_UNREADABLE", `"${path}" is not a file`, {
    hint: "name a file with LOCAL_DB_PATH or --database",
  });
}
