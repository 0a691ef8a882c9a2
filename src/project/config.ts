import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CleanSlateError } from "../errors.ts";
import { readEnvironment, type Environment, type Setting } from "./environment.ts";

/** What flags can say; every one is optional. */
export interface ConfigFlags {
  readonly envFile?: string | undefined;
  readonly models?: string | undefined;
  readonly out?: string | undefined;
  readonly database?: string | undefined;
  readonly casing?: string | undefined;
  /** Seconds, as typed. */
  readonly timeout?: string | undefined;
  readonly remoteOnly?: boolean | undefined;
  readonly backupDir?: string | undefined;
}

/** Everything Clean Slate was told, resolved once: flag > environment > `.env` > default. */
export interface Config {
  readonly root: string;
  /** Folder of the model files; absolute. */
  readonly models: Setting<string>;
  /** Folder of the reviewed SQL files; absolute. */
  readonly out: Setting<string>;
  /** The local file, or the replica's file; absolute. */
  readonly path: Setting<string>;
  /** The primary, as typed; null for a local file. */
  readonly url: Setting<string> | null;
  readonly authToken: Setting<string> | null;
  readonly casing: Setting<"snake_case" | "camelCase"> | null;
  /** Milliseconds each network step may take. */
  readonly timeout: Setting<number>;
  /** Globs; a database whose name or host one of them matches is rebuilt only when its name is typed. */
  readonly production: Setting<readonly string[]>;
  /** Folder of the backups; absolute. */
  readonly backups: Setting<string>;
  readonly remoteOnly: boolean;
  readonly isCI: boolean;
}

/** Resolves the configuration of the project in `root`. Throws CONFIG_INVALID for a value that cannot be meant. */
export function readConfig(root: string, flags: ConfigFlags): Config {
  const environment = readEnvironment(resolve(root, flags.envFile ?? ".env"), flags.envFile !== undefined);
  const pick = (flag: string, given: string | undefined, variable: string): Setting<string> | null =>
    given === undefined ? environment.get(variable) : { value: given, origin: flag };
  const folder = (setting: Setting<string>): Setting<string> => ({
    ...setting,
    value: resolve(root, setting.value),
  });
  const byDefault = (value: string): Setting<string> => ({ value, origin: "default" });
  const location = readLocation(environment, pick("--database", flags.database, "LOCAL_DB_PATH"));
  return Object.freeze({
    root,
    models: folder(pick("--models", flags.models, "CLEAN_SLATE_MODELS") ?? byDefault("models")),
    out: folder(pick("--out", flags.out, "CLEAN_SLATE_OUT") ?? byDefault("migrations/sql")),
    path: folder(location.path),
    url: location.url,
    authToken: environment.get("TURSO_AUTH_TOKEN"),
    casing: readCasing(pick("--casing", flags.casing, "CLEAN_SLATE_CASING")),
    timeout: readTimeout(pick("--timeout", flags.timeout, "CLEAN_SLATE_TIMEOUT")),
    production: readProduction(environment.get("CLEAN_SLATE_PRODUCTION")),
    backups: folder(
      pick("--backup-dir", flags.backupDir, "CLEAN_SLATE_BACKUP_DIR") ?? byDefault(".clean-slate/backups"),
    ),
    remoteOnly: flags.remoteOnly ?? false,
    isCI: environment.isCI,
  });
}

/** A `file:` URL may stand in either variable: it always means the local file. */
function readLocation(environment: Environment, path: Setting<string> | null): Pick<Config, "path" | "url"> {
  const url = environment.get("TURSO_DATABASE_URL");
  const isFile = url?.value.startsWith("file:") ?? false;
  const chosen = path ?? (url && isFile ? url : { value: "local.db", origin: "default" });
  const variable = chosen === url ? "TURSO_DATABASE_URL" : "LOCAL_DB_PATH";
  return { path: { ...chosen, value: pathFrom(chosen, variable) }, url: isFile ? null : url };
}

/** What is refused stays out of the message, and out of a cause: it may be an address that holds a token. */
function pathFrom({ value, origin }: Setting<string>, variable: string): string {
  const path = pathFromUrl(value);
  const fault = path === null ? "is not a file URL of this machine" : faultInPath(path);
  if (path !== null && fault === null) return path;
  const name = origin.startsWith("--") ? origin : `${variable} (${origin})`;
  throw new CleanSlateError("CONFIG_INVALID", `${name} is not a path of a database file: it ${fault}`, {
    hint: "LOCAL_DB_PATH and --database take a file path, for instance local.db; the primary's address goes into TURSO_DATABASE_URL",
  });
}

/** Null for a `file://` URL that names no file. */
function pathFromUrl(value: string): string | null {
  if (!value.startsWith("file:")) return value;
  if (!value.startsWith("file://")) return value.slice("file:".length);
  try {
    return fileURLToPath(value);
  } catch {
    return null;
  }
}

function faultInPath(path: string): string | null {
  if (path === "") return "is empty";
  if (path === ":memory:") return "names a database in memory";
  if (/^[a-z][a-z+.-]+:\/\//i.test(path)) return "is an address";
  const [odd] = /[\0?#]/.exec(path) ?? [];
  return odd === undefined ? null : `holds ${JSON.stringify(odd)}`;
}

function readCasing(setting: Setting<string> | null): Config["casing"] {
  if (!setting) return null;
  const { value, origin } = setting;
  if (value === "snake_case" || value === "camelCase") return { value, origin };
  throw new CleanSlateError(
    "CONFIG_INVALID",
    `casing "${value}" (${origin}) is neither snake_case nor camelCase`,
    {
      hint: "use the word you give drizzle() as { casing }",
    },
  );
}

const PRODUCTION: readonly string[] = ["prod", "prod?", "production", "prd", "live"];

function readProduction(setting: Setting<string> | null): Setting<readonly string[]> {
  if (!setting) return { value: PRODUCTION, origin: "default" };
  const globs = setting.value.split(",").map((glob) => glob.trim());
  return { value: globs.filter((glob) => glob !== ""), origin: setting.origin };
}

function readTimeout(setting: Setting<string> | null): Setting<number> {
  if (!setting) return { value: 30_000, origin: "default" };
  const seconds = Number(setting.value);
  if (seconds > 0 && seconds <= 3600) return { value: Math.ceil(seconds * 1000), origin: setting.origin };
  throw new CleanSlateError(
    "CONFIG_INVALID",
    `the timeout "${setting.value}" (${setting.origin}) is not a number of seconds above 0 and up to 3600`,
    {
      hint: "for instance --timeout 30",
    },
  );
}
