import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createPageWriter } from "../../../src/database/page-writer.ts";
import { createProject } from "../../support/project.ts";

const page = (number: number) => ({ pgno: number, data: new Uint8Array(4096).fill(number) });

test.each([
  ["fewer", [1]],
  ["more", [1, 2, 3]],
])("pages of which %s come than were counted with them are not those of a file", async (_, numbers) => {
  await using project = await createProject();
  const file = openSync(join(project.dir, "pages"), "wx+");
  const writer = createPageWriter(file, () => {});
  writer.start({ page_size: 4096, page_count: 3, is_whole: 1, coming: 0 });
  writer.take({ pgno: 0, data: 2 });
  for (const number of numbers) writer.take(page(number));
  expect(() => writer.finish()).toThrow("not the pages of one file");
  closeSync(file);
});
