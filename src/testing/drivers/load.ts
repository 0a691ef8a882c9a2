import { CleanSlateError } from "../../errors.ts";
import type { Driver } from "../types.ts";
import type { DriverModule } from "./driver.ts";

const MODULES: Readonly<Record<Driver, () => Promise<{ readonly driver: DriverModule }>>> = {
  libsql: () => import("./libsql.ts"),
  "better-sqlite3": () => import("./better-sqlite3.ts"),
  sqld: () => import("./sqld.ts"),
  replica: () => import("./replica.ts"),
};

const loaded = new Map<Driver, DriverModule>();

/** Loads a driver and what it needs, nothing of the others. Throws PACKAGE_MISSING, saying what to install. */
export async function loadDriver(name: Driver): Promise<DriverModule> {
  const found = loaded.get(name);
  if (found) return found; // importing again would take longer than opening a database
  if (!Object.hasOwn(MODULES, name)) {
    throw new CleanSlateError("USAGE", `there is no driver "${name}"`, {
      hint: `use one of ${Object.keys(MODULES).join(", ")}`,
    });
  }
  try {
    const { driver } = await MODULES[name]();
    loaded.set(name, driver);
    return driver;
  } catch (error) {
    const missing = missingPackage(error);
    if (missing === null) throw error;
    throw new CleanSlateError(
      "PACKAGE_MISSING",
      `the driver "${name}" needs ${missing}, which is not installed`,
      {
        cause: error,
        hint: `npm install --save-dev ${missing}`,
      },
    );
  }
}

function missingPackage(error: unknown): string | null {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") return null;
  return /Cannot find (?:package|module) '((?:@[^'/]+\/)?[^'/.][^'/]*)/.exec(message)?.[1] ?? null;
}
