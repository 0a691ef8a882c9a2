import { hash } from "node:crypto";
import { readdirSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { removeAtExit } from "../database/leftovers.ts";
import type { Statement } from "../schema/create.ts";
import type { DriverModule } from "./drivers/driver.ts";
import { loadDriver } from "./drivers/load.ts";
import { loadImage, saveImage, sizeOf, templateImage, type Image } from "./image.ts";
import { readSeed, type ReadSeed } from "./seed.ts";
import { statementsOf } from "./statements.ts";
import { makeCacheFolder, createFolder, isMissing, removeFolder } from "./storage.ts";
import type { Driver, Template, TemplateOptions, TestSchema } from "./types.ts";

/** Changes when an older template is not to be used any more. */
const FORMAT = 1;
/** A template nobody has used for so long, or too many others since, is removed when another one is built. */
const LIFETIME = 14 * 24 * 60 * 60 * 1000;
const KEPT_TEMPLATES = 60;

interface Recipe {
  readonly root: string;
  readonly name: Driver;
  readonly driver: DriverModule;
  readonly statements: readonly Statement[];
  readonly seed: ReadSeed | null;
  /** What drizzle() is given for a seed. */
  readonly config: object;
}

/**
 * Builds the database that test databases are copies of, once: it is kept in `node_modules/.cache/clean-slate/templates` under
 * a hash of its statements, its seed and its driver, for later runs and for other processes. A seed given as a function cannot
 * be hashed: it is run once in each process.
 */
export async function buildTemplate<D extends Driver = "libsql", Schema extends TestSchema = TestSchema>(
  options: TemplateOptions<D, Schema>,
): Promise<Template<D, Schema>> {
  const { root = process.cwd(), models, schema, casing } = options;
  const name = options.driver ?? ("libsql" as D);
  const statements = await statementsOf({ root, models, schema, casing });
  const seed = options.seed === undefined ? null : await readSeed(root, options.seed);
  const config = { schema, casing };
  const recipe: Recipe = { root, name, driver: await loadDriver(name), statements, seed, config };
  return { driver: name, ...(await built(recipe)), root, schema, casing };
}

interface Built {
  readonly fingerprint: string;
  readonly path: string;
}

async function built(recipe: Recipe): Promise<Built> {
  const fingerprint = await templateKey(recipe);
  const isForAll = recipe.seed === null || recipe.seed.hash !== null;
  const folder = (isForAll ? makeCacheFolder(recipe.root) : null) ?? ownFolder();
  const path = join(folder, "templates", fingerprint);
  await once(path, async () => {
    if (touch(path)) return;
    removeOld(join(folder, "templates"));
    await make(recipe, path);
  });
  return { fingerprint, path };
}

async function templateKey({ root, name, driver, statements, seed, config }: Recipe): Promise<string> {
  const { casing } = config as { casing?: string };
  const parts = [
    FORMAT,
    name,
    await engineOf(name, driver, root),
    statements.map(({ sql }) => sql),
    seed && [seed.hash ?? seed.id, casing],
  ];
  return hash("sha256", JSON.stringify(parts), "hex").slice(0, 24);
}

const engines = new Map<Driver, Promise<string>>();

function engineOf(name: Driver, { engine }: DriverModule, root: string): Promise<string> {
  const found = engines.get(name) ?? engine(root);
  engines.set(name, found);
  return found;
}

/** A seeded one is made from the same one without its seed; a derived one from its origin with its seed. */
async function make(recipe: Recipe, path: string): Promise<void> {
  const { driver, root, statements, seed, config } = recipe;
  const { origin } = driver;
  if (origin.kind === "derived") {
    const source = await built({ ...recipe, name: origin.from, driver: await loadDriver(origin.from) });
    return keep(path, templateImage(source.path), (image, folder) => origin.derive(image, { root, folder }));
  }
  if (seed === null) return keep(path, null, (_, folder) => origin.build(statements, { root, folder }));
  const empty = await built({ ...recipe, seed: null });
  await keep(path, templateImage(empty.path), async (image, folder) => {
    const opened = await driver.open(image, { root, folder });
    try {
      await seed.run(opened, config);
      return await opened.capture();
    } finally {
      await opened.close();
    }
  });
}

/** Makes an image in a folder that goes afterwards, and saves it at `path`. */
async function keep<From extends Image | null>(
  path: string,
  from: From,
  makeIn: (from: From, folder: ReturnType<typeof createFolder>) => Promise<Image>,
): Promise<void> {
  const folder = createFolder(from === null ? 0 : sizeOf(from));
  const remove = (): void => removeFolder(folder.path);
  const forget = removeAtExit(remove);
  try {
    saveImage(await makeIn(from, folder), path);
  } finally {
    remove();
    forget();
  }
}

const making = new Map<string, Promise<void>>();

/** Many tests may ask at once: the first builds, the others wait and fail with it. Who asks later looks again. */
function once(path: string, build: () => Promise<void>): Promise<void> {
  const made = making.get(path) ?? build().finally(() => making.delete(path));
  making.set(path, made);
  return made;
}

let own: string | undefined;

/** For what other processes cannot use. */
function ownFolder(): string {
  if (own !== undefined && !isMissing(own)) return own;
  const { path } = createFolder(0);
  removeAtExit(() => removeFolder(path));
  own = path;
  return path;
}

/** False when there is no usable template at `path`; a used one is not removed for its age. */
function touch(path: string): boolean {
  if (isMissing(path)) return false;
  if (loadImage(path) === null) {
    removeFolder(path);
    return false;
  }
  const now = new Date();
  utimesSync(path, now, now);
  return true;
}

/** Templates others use now are the newest: each use touches them. */
function removeOld(templates: string): void {
  if (isMissing(templates)) return;
  const byAge = readdirSync(templates)
    .map((name) => join(templates, name))
    .map((path) => ({ path, usedAt: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .toSorted((a, b) => b.usedAt - a.usedAt);
  for (const [index, { path, usedAt }] of byAge.entries()) {
    if (index >= KEPT_TEMPLATES || Date.now() - usedAt > LIFETIME) removeFolder(path);
  }
}
