import { type Case, defaultsOf, type Drizzle, ours, same } from "./case.ts";

/** Defaults of JSON and custom columns: what Drizzle would have written itself. */
export const jsonDefaultCases: readonly Case[] = [
  {
    name: "an object default of a JSON text column is its JSON",
    models: value((d) => d.text({ mode: "json" }), { a: 1, b: ["x"], c: { d: null } }),
    expect: same,
    insert: defaultsOf("t", { v: { a: 1, b: ["x"], c: { d: null } } }),
  },
  {
    name: "an array default of a JSON text column is its JSON",
    models: value((d) => d.text({ mode: "json" }).notNull(), []),
    expect: same,
    insert: defaultsOf("t", { v: [] }),
  },
  {
    name: "a JSON default with a single quote is escaped",
    models: value((d) => d.text({ mode: "json" }), { say: "it's" }),
    expect: right("leaves the quote unescaped, a syntax error", "text", `'{"say":"it''s"}'`),
    insert: defaultsOf("t", { v: { say: "it's" } }),
  },
  {
    name: "a JSON default with double quotes and backslashes reads back as it is",
    models: value((d) => d.text({ mode: "json" }), { path: 'C:\\x "y"\n' }),
    expect: same,
    insert: defaultsOf("t", { v: { path: 'C:\\x "y"\n' } }),
  },
  {
    name: "a string default of a JSON text column is a JSON string",
    models: value((d) => d.text({ mode: "json" }), "hello"),
    expect: right("writes the bare string, which JSON.parse rejects", "text", `'"hello"'`),
    insert: defaultsOf("t", { v: "hello" }),
  },
  {
    name: "a number default of a JSON text column is JSON text",
    models: value((d) => d.text({ mode: "json" }), 1.5),
    expect: right(
      "writes a bare number, which only the affinity of the column turns into JSON",
      "text",
      "'1.5'",
    ),
    insert: defaultsOf("t", { v: 1.5 }),
  },
  {
    name: "a boolean default of a JSON text column stays a boolean",
    models: value((d) => d.text({ mode: "json" }), true),
    expect: right("writes the SQL word true, which reads back as 1", "text", "'true'"),
    insert: defaultsOf("t", { v: true }),
  },
  {
    name: "an object default of a JSON blob column is bytes",
    models: value((d) => d.blob({ mode: "json" }), { a: 1 }),
    expect: right("writes text into a blob column", "blob", "X'7B2261223A317D'"),
    insert: defaultsOf("t", { v: { a: 1 } }),
  },
  {
    name: "a string default of a JSON blob column is bytes of a JSON string",
    models: value((d) => d.blob({ mode: "json" }), "é"),
    expect: right("writes the bare string, which JSON.parse rejects", "blob", "X'22C3A922'"),
    insert: defaultsOf("t", { v: "é" }),
  },
  {
    name: "a default of a custom column passes through toDriver",
    models: value(csv, ["a", "it's"]),
    expect: right("writes the value's JSON instead of what toDriver gives", "text", "'a,it''s'"),
    insert: defaultsOf("t", { v: ["a", "it's"] }),
  },
  {
    name: "a default of a custom column without toDriver is the value",
    models: value((d) => d.customType({ dataType: () => "varchar(20)" })(), "plain"),
    expect: same,
    insert: defaultsOf("t", { v: "plain" }),
  },
  {
    name: "a default of a custom column whose toDriver gives bytes is a blob",
    models: value(
      (d) => d.customType({ dataType: () => "blob", toDriver: (hex: string) => Buffer.from(hex, "hex") })(),
      "c0ffee",
    ),
    expect: right("writes the value before toDriver", "blob", "X'C0FFEE'"),
    insert: defaultsOf("t", { v: Buffer.from("c0ffee", "hex") }),
  },
  {
    name: "a default of a custom column whose toDriver gives sql is that sql",
    models: value(
      (d) =>
        d.customType({
          dataType: () => "F32_BLOB(3)",
          toDriver: (vector: number[]) => d.sql`vector32(${JSON.stringify(vector)})`,
          fromDriver: (bytes: Uint8Array | ArrayBuffer) => [
            ...new Float32Array(Uint8Array.from(Buffer.from(bytes as Uint8Array)).buffer),
          ],
        })(),
      [1, 2.5, -3],
    ),
    expect: right(
      "writes the value's JSON instead of what toDriver gives",
      "F32_BLOB(3)",
      "(vector32('[1,2.5,-3]'))",
    ),
    insert: defaultsOf("t", { v: [1, 2.5, -3] }),
  },
];

function csv(d: Drizzle): Drizzle {
  return d.customType({
    dataType: () => "text",
    toDriver: (list: string[]) => list.join(","),
    fromDriver: (text: string) => text.split(","),
  })();
}

function value(column: (d: Drizzle) => Drizzle, given: unknown): Case["models"] {
  return (d) => ({ t: d.sqliteTable("t", { id: d.integer().primaryKey(), v: column(d).default(given) }) });
}

function right(because: string, type: string, literal: string): Case["expect"] {
  return ours(
    because,
    `CREATE TABLE "t" ("id" integer PRIMARY KEY NOT NULL, "v" ${type} DEFAULT ${literal})`,
  );
}
