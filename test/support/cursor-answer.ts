import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** A value of a row; a bigint is an integer. */
type Cell = bigint | string | Uint8Array;

/** An entry of a cursor as a server sends it, in Protobuf. */
export type Entry =
  | { readonly begin: number; readonly columns?: readonly string[] }
  | { readonly row: readonly Cell[] }
  | { readonly end: true }
  | { readonly failed: string }
  | { readonly bytes: Uint8Array };

/** The answer to a cursor, each message with its size before it. */
export function cursorAnswer(...entries: readonly Entry[]): Uint8Array {
  const writer = new BinaryWriter();
  writer.bytes(message((first) => first.tag(1, WireType.LengthDelimited).string("a baton")));
  for (const entry of entries) writer.bytes(encode(entry));
  return writer.finish();
}

function encode(entry: Entry): Uint8Array {
  if ("bytes" in entry) return entry.bytes;
  if ("begin" in entry) return field(1, begin(entry));
  if ("end" in entry) return field(2, new Uint8Array());
  if ("failed" in entry)
    return field(
      3,
      field(
        2,
        message((error) => text(error, 1, entry.failed)),
      ),
    );
  return field(
    4,
    message((row) => {
      for (const cell of entry.row)
        row.tag(1, WireType.LengthDelimited).bytes(message((it) => value(it, cell)));
    }),
  );
}

function begin({ begin: step, columns = [] }: Extract<Entry, { readonly begin: number }>): Uint8Array {
  return message((writer) => {
    if (step > 0) writer.tag(1, WireType.Varint).uint32(step);
    for (const name of columns)
      writer.tag(2, WireType.LengthDelimited).bytes(message((column) => text(column, 1, name)));
  });
}

function value(writer: BinaryWriter, cell: Cell): void {
  if (typeof cell === "bigint") writer.tag(2, WireType.Varint).sint64(cell);
  else if (typeof cell === "string") text(writer, 4, cell);
  else writer.tag(5, WireType.LengthDelimited).bytes(cell);
}

function text(writer: BinaryWriter, number: number, words: string): void {
  writer.tag(number, WireType.LengthDelimited).string(words);
}

function field(number: number, bytes: Uint8Array): Uint8Array {
  return message((writer) => writer.tag(number, WireType.LengthDelimited).bytes(bytes));
}

function message(fill: (writer: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter();
  fill(writer);
  return writer.finish();
}
