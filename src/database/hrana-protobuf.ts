import { BinaryReader, BinaryWriter, sizeDelimitedPeek, WireType } from "@bufbuild/protobuf/wire";
import type { Value } from "./database.ts";
import { fitting, type HranaError } from "./hrana.ts";

/**
 * The messages of a cursor (https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_3_SPEC.md): each field has its number
 * there. What is not known is passed over.
 */
export interface CursorEntry {
  /** The rows that follow are of this step. */
  readonly begin?: { readonly step: number; readonly columns: readonly string[] };
  readonly row?: readonly Value[];
  readonly isEnd?: boolean;
  readonly error?: HranaError;
}

/** CursorReqBody: statements, each of which runs only if the one before it worked. */
export function encodeCursorRequest(statements: readonly string[]): Uint8Array {
  const writer = new BinaryWriter();
  const message = (field: number, fill: () => void): void => {
    writer.tag(field, WireType.LengthDelimited).fork();
    fill();
    writer.join();
  };
  message(2, () => {
    for (const [index, sql] of statements.entries()) {
      message(1, () => {
        if (index > 0) message(1, () => writer.tag(1, WireType.Varint).uint32(index - 1));
        message(2, () =>
          writer.tag(1, WireType.LengthDelimited).string(sql).tag(5, WireType.Varint).bool(true),
        );
      });
    }
  });
  return writer.finish();
}

/**
 * Cuts an answer into its entries as its chunks come; behind the first message, CursorRespBody, which tells how the stream goes on.
 * Throws an Error for bytes that are none.
 */
export interface EntryReader {
  /** The entries that are whole with this chunk. */
  readonly push: (chunk: Uint8Array) => CursorEntry[];
  /** Whether nothing is left over. */
  readonly isDone: () => boolean;
}

export function createEntryReader(): EntryReader {
  let isFirst = true;
  let rest: Uint8Array = new Uint8Array();
  return {
    push: (chunk) => {
      const entries: CursorEntry[] = [];
      rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
      for (;;) {
        const { size, offset } = sizeDelimitedPeek(rest);
        if (size === null || rest.length < offset + size) return entries;
        if (!isFirst) entries.push(decodeEntry(rest.subarray(offset, offset + size)));
        isFirst = false;
        rest = rest.subarray(offset + size);
      }
    },
    isDone: () => rest.length === 0,
  };
}

function decodeEntry(bytes: Uint8Array): CursorEntry {
  let entry: CursorEntry = {};
  readFields(bytes, {
    1: (reader) => (entry = { begin: decodeBegin(reader.bytes()) }),
    2: (reader) => {
      reader.bytes();
      entry = { isEnd: true };
    },
    3: (reader) =>
      readFields(reader.bytes(), { 2: (inner) => (entry = { error: decodeError(inner.bytes()) }) }),
    4: (reader) => (entry = { row: decodeRow(reader.bytes()) }),
    5: (reader) => (entry = { error: decodeError(reader.bytes()) }),
  });
  return entry;
}

type Fields = Readonly<Record<number, (reader: BinaryReader) => unknown>>;

function readFields(bytes: Uint8Array, fields: Fields): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    const read = fields[field];
    if (read) read(reader);
    else reader.skip(type);
  }
}

/** Numbers that are 0 are left out. */
function decodeBegin(bytes: Uint8Array): NonNullable<CursorEntry["begin"]> {
  let step = 0;
  const columns: string[] = [];
  readFields(bytes, {
    1: (reader) => (step = reader.uint32()),
    2: (reader) => {
      const index = columns.push(String(columns.length)) - 1;
      readFields(reader.bytes(), { 1: (column) => (columns[index] = column.string()) });
    },
  });
  return { step, columns };
}

function decodeError(bytes: Uint8Array): HranaError {
  let error: HranaError = { message: "" };
  readFields(bytes, {
    1: (reader) => (error = { ...error, message: reader.string() }),
    2: (reader) => (error = { ...error, code: reader.string() }),
  });
  return error;
}

function decodeRow(bytes: Uint8Array): Value[] {
  const row: Value[] = [];
  readFields(bytes, { 1: (reader) => row.push(decodeValue(reader.bytes())) });
  return row;
}

function decodeValue(bytes: Uint8Array): Value {
  let value: Value | undefined;
  readFields(bytes, {
    1: (reader) => {
      reader.bytes();
      value = null;
    },
    2: (reader) => (value = fitting(BigInt(reader.sint64()))),
    3: (reader) => (value = reader.double()),
    4: (reader) => (value = reader.string()),
    5: (reader) => (value = reader.bytes()),
  });
  if (value === undefined) throw new Error("a value of an unknown type");
  return value;
}
