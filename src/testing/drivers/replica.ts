import { createClient } from "@libsql/client/sqlite3";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { drizzle } from "drizzle-orm/libsql/sqlite3";
import { copyFolder, type Image } from "../image.ts";
import { releaseHandles } from "../release.ts";
import { removeFolder } from "../storage.ts";
import type { DriverModule, Opened, Place } from "./driver.ts";
import { driver as sqld, startTestServer, type TestServer } from "./sqld.ts";

/** An embedded replica, already synced, of a libSQL server of its own. Its image holds the folders `server` and `replica`. */
export const driver: DriverModule = {
  engine: sqld.engine,
  origin: { kind: "derived", from: "sqld", derive },
  open,
  needsFolder: true,
};

const FILE = "replica.db";

async function derive(image: Image, place: Place): Promise<Image> {
  const server = await startTestServer(image, place);
  try {
    return await captureBoth(server);
  } finally {
    await server.end();
  }
}

async function open(image: Image, place: Place): Promise<Opened> {
  const folder = join(place.folder.path, "replica");
  const path = join(folder, FILE);
  const server = await startTestServer(partOf(image, "server"), place);
  copyReplica(image, folder);
  const { url, authToken } = server;
  const client = createClient({ url: pathToFileURL(path).href, syncUrl: url, authToken });
  return {
    client,
    drizzle: (config) => drizzle({ ...config, client }),
    url,
    path,
    file: join("replica", FILE),
    authToken,
    run: async (statements) => void (await client.batch([...statements], "write")),
    capture: () => captureBoth(server),
    restore: async (to) => {
      client.close();
      await server.restore(partOf(to, "server"));
      removeFolder(folder);
      copyReplica(to, folder);
      client.reconnect();
      await releaseHandles();
    },
    close: async () => {
      client.close();
      await server.end();
      await releaseHandles();
    },
  };
}

function partOf(image: Image, part: string): Image {
  return image.kind === "folder" ? { kind: "folder", path: join(image.path, part) } : image;
}

function copyReplica(image: Image, to: string): void {
  if (image.kind === "folder") copyFolder(join(image.path, "replica"), to);
}

/** Stops the server for a copy, then syncs a new replica: that of the test is in use and may be behind. */
async function captureBoth(server: TestServer): Promise<Image> {
  const { path } = await server.capture();
  const image = `${path}-replica`;
  mkdirSync(join(image, "replica"), { recursive: true });
  copyFolder(path, join(image, "server"));
  await syncNew(server, join(image, "replica"));
  removeFolder(path);
  return { kind: "folder", path: image };
}

async function syncNew({ url, authToken }: TestServer, folder: string): Promise<void> {
  const client = createClient({ url: pathToFileURL(join(folder, FILE)).href, syncUrl: url, authToken });
  await client.sync();
  client.close();
  await releaseHandles();
}
