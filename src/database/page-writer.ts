import { ftruncateSync, writevSync } from "node:fs";
import { VECTOR_META } from "../schema/engine-objects.ts";
import { literal } from "../sql/literal.ts";
import type { Rows } from "./database.ts";

/** Whether all pages are copied. Of a database more than a quarter of which is free only what is not, unless VACUUM would not leave it as it is. */
export const IS_WHOLE =
  "((SELECT freelist_count * 4 <= page_count FROM pragma_freelist_count, pragma_page_count) OR " +
  `EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ${literal(VECTOR_META)}))`;

/** Writes each page of a database where it belongs in a file that holds nothing else. Throws an Error for what are no pages. */
export interface PageWriter {
  /** Takes the sizes; they come before any page. */
  readonly start: (geometry: Rows[number]) => void;
  /** Takes a page, or, as one of number 0, how many more are coming. */
  readonly take: (page: Rows[number]) => void;
  /** Answers whether all pages were to come. Throws when fewer came than were to. */
  readonly finish: () => boolean;
}

/** Pages that follow each other are written together, as many as this; and progress is told as often. */
const TOGETHER = 256;

export function createPageWriter(file: number, onProgress: (line: string) => void): PageWriter {
  const received = new Set<number>();
  let [size, count, coming] = [0, 0, 0];
  let isWhole = false;
  let run: { readonly first: number; readonly pages: Uint8Array[] } = { first: 0, pages: [] };
  const writeRun = (): void => {
    if (run.pages.length > 0) writeWhole(file, run.pages, (run.first - 1) * size);
  };
  return {
    start: (row) => {
      [size, count, coming] = [row["page_size"], row["page_count"], row["coming"]].map(Number) as Geometry;
      isWhole = row["is_whole"] === 1;
    },
    take: (row) => {
      if (row["pgno"] === 0) {
        coming += Number(row["data"]);
        return;
      }
      const { number, data } = pageFromRow(row, size, count);
      received.add(number);
      if (number !== run.first + run.pages.length || run.pages.length === TOGETHER) {
        writeRun();
        run = { first: number, pages: [] };
      }
      run.pages.push(data);
      if (received.size % TOGETHER === 0)
        onProgress(`backing up: ${((received.size * size) / 1_000_000).toFixed(1)} MB`);
    },
    finish: () => {
      writeRun();
      if (received.size !== coming) throw noPages();
      ftruncateSync(file, count * size);
      withoutLog(file);
      if (!isWhole) writeWhole(file, [NOTHING_FREE], 32);
      return isWhole;
    },
  };
}

/** Makes a file of pages one that has no log beside it. */
export function withoutLog(file: number): void {
  writeWhole(file, [JOURNALED], 18);
}

type Geometry = [size: number, count: number, coming: number];

/** In the header (https://www.sqlite.org/fileformat2.html#the_database_header): a file without a log beside it; no list of free pages. */
const JOURNALED = Buffer.from([1, 1]);
const NOTHING_FREE = Buffer.alloc(8);

interface Page {
  readonly number: number;
  readonly data: Uint8Array;
}

function pageFromRow({ pgno: number, data }: Rows[number], size: number, count: number): Page {
  const isPage = data instanceof Uint8Array && data.length === size;
  if (isPage && typeof number === "number" && number >= 1 && number <= count) return { number, data };
  throw noPages();
}

function noPages(): Error {
  return new Error("these are not the pages of one file");
}

/** Also where the system takes a part at a time. */
function writeWhole(file: number, parts: readonly Uint8Array[], position: number): void {
  const written = writevSync(file, parts, position);
  const rest = parts.reduce((sum, { length }) => sum + length, -written);
  if (rest > 0) writeWhole(file, [Buffer.concat(parts).subarray(written)], position + written);
}
