import { hash as digest } from "node:crypto";
import { readFileSync } from "node:fs";
import { extname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { CleanSlateError } from "../errors.ts";
import { cacheFolderOf, cacheIn } from "../folders.ts";
import { splitStatements } from "../sql/statements.ts";
import { loadEsbuild } from "./bundle.ts";
import { openCacheFolder, placeIfPossible } from "./cache-folder.ts";
import { importModule } from "./import-module.ts";
import { SOURCE_META_OPTIONS } from "./source-meta.ts";

/** A seed file, read: statements, or a module whose default export writes the rows. */
export type LoadedSeed = {
  /** Stands for everything the file holds, with what it imports from the project. */
  readonly hash: string;
} & (
  | { readonly kind: "sql"; readonly statements: readonly string[] }
  | { readonly kind: "module"; readonly load: () => Promise<SeedFunction> }
);

/** Gets the Drizzle database and the driver's client. */
export type SeedFunction = (db: never, client: never) => unknown;

/** Reads an `.sql`, `.ts` or `.js` seed. Throws SEED_FAILED when it cannot be read or is no seed. */
export async function loadSeed(root: string, file: string): Promise<LoadedSeed> {
  const path = resolve(root, file);
  if (extname(path) === ".sql") {
    const text = readSeed(path, file);
    return { kind: "sql", hash: hashOf(text), statements: splitStatements(text).map(({ sql }) => sql) };
  }
  readSeed(path, file);
  const code = await bundleSeed(root, path, file);
  const hash = hashOf(code);
  return { kind: "module", hash, load: () => importSeed({ root, file, hash, code }) };
}

function hashOf(text: string): string {
  return digest("sha256", text, "hex").slice(0, 16);
}

function readSeed(path: string, file: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CleanSlateError("SEED_FAILED", `cannot read the seed "${file}" (${code})`, {
      cause: error,
      hint: "it is the path of an .sql file, or of a module with a default export: (db) => …",
    });
  }
}

/** One ES module with everything of the project in it, and packages left to be imported. */
async function bundleSeed(root: string, path: string, file: string): Promise<string> {
  try {
    const { outputFiles } = await loadEsbuild().build({
      entryPoints: [path],
      absWorkingDir: root,
      bundle: true,
      write: false,
      format: "esm",
      platform: "node",
      target: "node20",
      packages: "external",
      logLevel: "silent",
      ...SOURCE_META_OPTIONS,
    });
    return outputFiles[0]?.text ?? "";
  } catch (error) {
    const { message } = error as Error;
    throw new CleanSlateError("SEED_FAILED", `the seed "${file}" cannot be loaded: ${message}`, {
      cause: error,
      hint: "mend the file, then run the command again",
    });
  }
}

interface Bundled {
  readonly root: string;
  readonly file: string;
  readonly hash: string;
  readonly code: string;
}

/** A project goes back and forth between some versions of its seeds. */
const KEPT_SEEDS = 10;

/** Lies beside the packages it imports. Another process may be importing the same file. */
async function importSeed({ root, file, hash, code }: Bundled): Promise<SeedFunction> {
  const folder = cacheFolderOf(root) ?? cacheIn(join(root, "node_modules"));
  const path = join(folder, `seed-${hash}.mjs`);
  if (!placeIfPossible(path, code)) throw unwritable(file, folder);
  openCacheFolder(root).prune("seed-", KEPT_SEEDS);
  const module = await importModule(pathToFileURL(path).href);
  if (typeof module.default === "function") return module.default as SeedFunction;
  throw new CleanSlateError(
    "SEED_FAILED",
    `the seed "${relative(root, resolve(root, file))}" has no default function`,
    {
      hint: "export default async (db) => { await db.insert(users).values(…); }",
    },
  );
}

function unwritable(file: string, folder: string): CleanSlateError {
  return new CleanSlateError("SEED_FAILED", `the seed "${file}" cannot be written to "${folder}" to be run`, {
    hint: `make "${folder}" writable, or use a seed that is an .sql file`,
  });
}
