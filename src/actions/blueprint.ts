import { scriptHash, summarize } from "../plan/migration-text.ts";
import type { Config } from "../project/config.ts";
import { readVariable } from "../project/environment.ts";
import { keptRows, rowsFromKept, type KeptRow } from "../project/kept-rows.ts";
import { openModelCache, type KeptModels, type ModelCache } from "../project/model-cache.ts";
import type { Statement } from "../schema/create.ts";
import type { CatalogRow, Schema } from "../schema/types.ts";
import { VERSION } from "../version.ts";

/** Statements that are known to execute, and what they make. */
export interface Content {
  readonly statements: readonly Statement[];
  /** The catalog a database has after them. */
  readonly rows: readonly CatalogRow[];
  readonly fingerprint: string;
}

/** What a database is to become. */
export interface Blueprint extends Content {
  /** For instance `6 tables, 9 indexes, 1 view`. */
  readonly creates: string;
  /** Hash of its statements as they stand in a migration file. */
  readonly script: string;
  /** Parsed when it is first asked for: a rebuild that goes well never does. */
  readonly schema: () => Promise<Schema>;
  readonly warnings: readonly string[];
}

/** What a database is to become, as far as most questions need it. */
export interface Headline extends Pick<Blueprint, "fingerprint" | "creates" | "script" | "warnings"> {
  /** The rest of it. */
  readonly blueprint: () => Promise<Blueprint>;
}

/** Lets what else is going on in this process go on. */
export type Pause = () => Promise<void>;

/** What is kept of the models' content while nothing it was made of changes. */
type KeptHead = Pick<Blueprint, "fingerprint" | "creates" | "script">;

interface KeptBody {
  readonly statements: readonly Statement[];
  readonly rows: readonly KeptRow[];
}

/**
 * Loads the models, writes their SQL and proves it in memory. All of it is left out when neither the files they are made of nor this
 * program have changed since. `now` unmasks defaults that are made at import time; at each `pause` other work gets its turn.
 */
export async function blueprintFromModels(config: Config, now: Date, pause?: Pause): Promise<Blueprint> {
  return load(openKept(config), { config, now, pause });
}

/** Thrown where what was kept beside a headline is another one by now, or gone. */
const GONE = new Error("what was kept of the models is gone");

/**
 * Answers by the headline of the models, which is all most answers need, and once more from the start where the rest of it is gone when it
 * is asked for: an answer is about one state of the models. `load` loads them as {@link blueprintFromModels} does.
 */
export async function answerFromModels<T>(
  config: Config,
  now: Date,
  answer: (load: () => Promise<Headline>) => Promise<T>,
): Promise<T> {
  try {
    return await answer(() => headlineFromModels(config, now));
  } catch (error) {
    if (error !== GONE) throw error;
    return answer(async () => headlineOf(await blueprintFromModels(config, now)));
  }
}

async function headlineFromModels(config: Config, now: Date): Promise<Headline> {
  const cache = openKept(config);
  if (cache.head === null) return headlineOf(await load(cache, { config, now }));
  const blueprint = once(async () => {
    const kept = cache.read();
    if (kept === null) throw GONE;
    return blueprintFromKept(kept);
  });
  return { ...cache.head, warnings: [], blueprint };
}

export function headlineOf(blueprint: Blueprint): Headline {
  const { fingerprint, creates, warnings } = blueprint;
  return {
    fingerprint,
    creates,
    warnings,
    get script() {
      return blueprint.script;
    },
    blueprint: async () => blueprint,
  };
}

function openKept({ root, models, casing }: Config): ModelCache<KeptHead, KeptBody> {
  // A default made of a date or a number may depend on where the computer says it is.
  const place = ["TZ", "LANG", "LC_ALL"].map(readVariable);
  const salt = JSON.stringify([VERSION, process.version, casing?.value ?? null, ...place]);
  return openModelCache<KeptHead, KeptBody>({ root, models: models.value, salt });
}

interface Loading {
  readonly config: Config;
  readonly now: Date;
  readonly pause?: Pause | undefined;
}

async function load(
  cache: ModelCache<KeptHead, KeptBody>,
  { config, now, pause = async () => {} }: Loading,
): Promise<Blueprint> {
  const kept = cache.read();
  if (kept) return blueprintFromKept(kept);
  const { contentFromModels } = await import("./content-from-models.ts");
  const { content, origin, warnings } = await contentFromModels({
    config,
    now,
    pause,
    linkage: cache.readLinkage(),
  });
  const blueprint = blueprintOf(content, warnings);
  if (origin !== null) {
    const { fingerprint, creates, script, statements, rows } = blueprint;
    const body = { statements, rows: keptRows(rows, statements) };
    cache.write(origin, { fingerprint, creates, script }, body);
  }
  return blueprint;
}

export function blueprintOf(content: Content, warnings: readonly string[]): Blueprint {
  const { statements, rows } = content;
  const script = once(() => scriptHash(statements));
  return {
    ...content,
    warnings,
    creates: summarize(statements),
    get script() {
      return script();
    },
    schema: once(() => parsed(rows)),
  };
}

/** Most questions are answered by the head: thousands of statements, and the rows they make, are read only where they are asked for. */
function blueprintFromKept({ head, body }: KeptModels<KeptHead, KeptBody>): Blueprint {
  const read = once(body);
  const rows = once(() => rowsFromKept(read().rows, read().statements));
  return {
    ...head,
    warnings: [],
    get statements() {
      return read().statements;
    },
    get rows() {
      return rows();
    },
    schema: once(() => parsed(rows())),
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

async function parsed(rows: readonly CatalogRow[]): Promise<Schema> {
  const { schemaFromCatalog } = await import("../schema/from-catalog.ts");
  return schemaFromCatalog(rows);
}
