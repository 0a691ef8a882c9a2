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

/** Settings that are folders, by their flag's property. */
const FOLDERS = {
  models: { flag: "--models", variable: "CLEAN_SLATE_MODELS", usual: "models" },
  out: { flag: "--out", variable: "CLEAN_SLATE_OUT", usual: "migrations/sql" },
  backupDir: { flag: "--backup-dir", variable: "CLEAN_SLATE_BACKUP_DIR", usual: ".clean-slate/backups" },
} as const;

/** Resolves the configuration of the project in `root`. Throws CONFIG_INVALID for a value that cannot be meant. */
export function readConfig(root: string, flags: ConfigFlags): Config {
  const envFile = flags.envFile ?? ".env";
  refuseSecret({ value: envFile, origin: "--env-file" }, "a path of a file", "");
  const environment = readEnvironment(resolve(root, envFile), flags.envFile !== undefined);
  const pick = (flag: string, given: string | undefined, variable: string): Setting<string> | null =>
    given === undefined ? environment.get(variable) : { value: given, origin: flag };
  const absolute = (setting: Setting<string>): Setting<string> => ({
    ...setting,
    value: resolve(root, setting.value),
  });
  const folder = (name: keyof typeof FOLDERS): Setting<string> => {
    const { flag, variable, usual } = FOLDERS[name];
    const setting = pick(flag, flags[name], variable) ?? { value: usual, origin: "default" };
    refuseSecret(setting, "a path of a folder", variable);
    return absolute(setting);
  };
  const location = readLocation(environment, pick("--database", flags.database, "LOCAL_DB_PATH"));
  return Object.freeze({
    root,
    models: folder("models"),
    out: folder("out"),
    path: absolute(location.path),
    url: location.url,
    authToken: environment.get("TURSO_AUTH_TOKEN"),
    casing: readCasing(pick("--casing", flags.casing, "CLEAN_SLATE_CASING")),
    timeout: readTimeout(pick("--timeout", flags.timeout, "CLEAN_SLATE_TIMEOUT")),
    production: readProduction(environment.get("CLEAN_SLATE_PRODUCTION")),
    backups: folder("backupDir"),
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
  throw new CleanSlateError(
    "CONFIG_INVALID",
    `${nameOf(origin, variable)} is not a path of a database file: it ${fault}`,
    { hint: HINT },
  );
}

const HINT =
  "LOCAL_DB_PATH and --database take a file path, for instance local.db; the primary's address goes into TURSO_DATABASE_URL";

/** For a path of anything else, which errors and results show. */
function refuseSecret({ value, origin }: Setting<string>, what: string, variable: string): void {
  const fault = secretIn(value);
  if (fault === null) return;
  throw new CleanSlateError("CONFIG_INVALID", `${nameOf(origin, variable)} is not ${what}: it ${fault}`, {
    hint: "the primary's address goes into TURSO_DATABASE_URL, its token into TURSO_AUTH_TOKEN",
  });
}

function nameOf(origin: string, variable: string): string {
  return origin.startsWith("--") ? origin : `${variable} (${origin})`;
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
  const secret = secretIn(path);
  if (secret !== null) return secret;
  const [odd] = /[\0?#]/.exec(path) ?? [];
  return odd === undefined ? null : `holds ${JSON.stringify(odd)}`;
}

/** What is no path and may hold a secret; one letter before the colon is a drive of Windows. */
function secretIn(path: string): string | null {
  if (/[a-z][a-z\d+.-]+:\/\//i.test(path)) return "is an address";
  const looksLikeToken = /\beyJ[\w-]{8,}\.[^.\s]+\.|auth_?token=|\bjwt=/i.test(path);
  return looksLikeToken ? "looks like a token" : null;
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
