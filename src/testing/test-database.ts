import { CleanSlateError } from "../errors.ts";
import { removeAtExit } from "../database/leftovers.ts";
import type { Opened } from "./drivers/driver.ts";
import { loadDriver } from "./drivers/load.ts";
import { sizeOf, templateImage, type Image } from "./image.ts";
import { keepIn, keptFolder, keptPath } from "./kept.ts";
import { createFolder, removeFolder, type Folder } from "./storage.ts";
import { buildTemplate } from "./template.ts";
import type {
  ClientOf,
  DatabaseOf,
  Driver,
  Snapshot,
  Template,
  TemplateOptions,
  TestDatabase,
  TestSchema,
} from "./types.ts";

/** A template, or what to build one from; `driver` may repeat that of the template. */
export type TestDatabaseOptions<D extends Driver = "libsql", Schema extends TestSchema = TestSchema> =
  | { readonly template: Template<D, Schema>; readonly driver?: D; readonly schema?: Schema }
  | (TemplateOptions<D, Schema> & { readonly template?: never });

/** Opens a fresh database: a copy of the template that belongs to nobody else. Foreign keys are on. */
export async function createTestDatabase<D extends Driver = "libsql", Schema extends TestSchema = TestSchema>(
  options: TestDatabaseOptions<D, Schema>,
): Promise<TestDatabase<D, Schema>> {
  const template = options.template ?? (await buildTemplate(options));
  if (options.driver !== undefined && options.driver !== template.driver) {
    throw new CleanSlateError("USAGE", `the template is for ${template.driver}, not for ${options.driver}`, {
      hint: `build one with { driver: "${options.driver}" }`,
    });
  }
  const { schema = template.schema } = options;
  return open({ ...template, schema });
}

async function open<D extends Driver, Schema extends TestSchema>(
  template: Template<D, Schema>,
): Promise<TestDatabase<D, Schema>> {
  const driver = await loadDriver(template.driver);
  const image = templateImage(template.path);
  const folder = driver.needsFolder ? createFolder(sizeOf(image)) : null;
  const remove = (): void => {
    if (folder) removeFolder(folder.path);
  };
  const forget = folder ? removeAtExit(remove) : () => {};
  const removeNow = (): void => {
    remove();
    forget();
  };
  try {
    const opened = await driver.open(image, { root: template.root, folder: folder ?? NO_FOLDER });
    return testDatabase({ template, image, opened, folder, removeNow });
  } catch (error) {
    removeNow();
    throw error;
  }
}

const NO_FOLDER: Folder = { path: "", isMemory: true };

interface Parts<D extends Driver, Schema extends TestSchema> {
  readonly template: Template<D, Schema>;
  readonly image: Image;
  readonly opened: Opened;
  readonly folder: Folder | null;
  readonly removeNow: () => void;
}

function testDatabase<D extends Driver, Schema extends TestSchema>(
  parts: Parts<D, Schema>,
): TestDatabase<D, Schema> {
  const { opened, image, template } = parts;
  const { driver, schema, casing } = template;
  const snapshots = new WeakMap<Snapshot, Image>();
  let db: unknown;
  let kept: string | null = null;
  let disposal: Promise<void> | undefined;
  return {
    driver,
    // Relational queries make this dear in a large schema, and not every test needs it.
    get db() {
      db ??= opened.drizzle({ schema, casing });
      return db as DatabaseOf<D, Schema>;
    },
    client: opened.client as ClientOf<D>,
    url: opened.url,
    path: opened.path,
    authToken: opened.authToken,
    snapshot: async () => {
      const snapshot = {} as Snapshot;
      snapshots.set(snapshot, await opened.capture());
      return snapshot;
    },
    reset: async (snapshot) => opened.restore(snapshot ? imageFor(snapshots, snapshot) : image),
    keep: (name) => {
      kept = keptFolder(template, name);
      return keptPath(kept, opened);
    },
    [Symbol.asyncDispose]: () => (disposal ??= dispose(parts, kept)),
  };
}

function imageFor(snapshots: WeakMap<Snapshot, Image>, snapshot: Snapshot): Image {
  const image = snapshots.get(snapshot);
  if (image) return image;
  throw new CleanSlateError("USAGE", "the snapshot is not of this test database", {
    hint: "take it with the snapshot() of the database that is reset",
  });
}

async function dispose(
  { opened, folder, removeNow }: Parts<Driver, TestSchema>,
  kept: string | null,
): Promise<void> {
  try {
    // Only an open database in memory can still be copied, only a closed one on disk is whole.
    if (kept !== null && !folder) keepIn(kept, await opened.capture());
    await opened.close();
    if (kept !== null && folder) keepIn(kept, { kind: "folder", path: folder.path });
  } finally {
    removeNow();
  }
}
