import { createRequire } from "node:module";
import { join } from "node:path";
import { CleanSlateError } from "../errors.ts";

/** Drizzle's `drizzle()` for a client that is open. */
export type OpenDrizzle = (config: { readonly client: object; readonly casing?: string }) => object;

/** Loads the driver of the project's own drizzle-orm, which may be of another version than ours. Throws PACKAGE_MISSING. */
export function loadDrizzleDriver(root: string): OpenDrizzle {
  const require = createRequire(join(root, "package.json"));
  try {
    return (require("drizzle-orm/libsql/http") as { readonly drizzle: OpenDrizzle }).drizzle;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    throw new CleanSlateError(
      "PACKAGE_MISSING",
      "a seed that is a module needs drizzle-orm and @libsql/client in this project, and one of them is not installed",
      { cause: error, hint: "npm install drizzle-orm @libsql/client" },
    );
  }
}
