import fc from "fast-check";
import type { InValue } from "@libsql/client";

/** Statements that make a database, with what is bound to them. */
export interface RandomStatement {
  readonly sql: string;
  readonly args: readonly InValue[];
}

/** A value's SQL and, where SQL text would damage it, what is bound. */
type Cell = readonly [sql: string, ...args: InValue[]];

const integer = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, 0n, 1n),
);
const bytes = fc.uint8Array({ maxLength: 40 });
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }).map((value) => Buffer.from(value)),
  bytes, // what is no UTF-8
  fc.constantFrom("", "\0", "a\0b", "\uFEFFx", "1.0", "0x10", "😀").map((value) => Buffer.from(value)),
);

const cell: fc.Arbitrary<Cell> = fc.oneof(
  fc.constant<Cell>(["NULL"]),
  integer.map((value): Cell => [`CAST('${value}' AS INTEGER)`]),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value): Cell => ["?", value]),
  fc.constantFrom<Cell>(["9e999"], ["-9e999"], ["-0.0"], ["4.9e-324"], ["1.7976931348623157e308"]),
  text.map((value): Cell => ["CAST(? AS TEXT)", value]),
  bytes.map((value): Cell => ["?", value]),
  fc.constant<Cell>(["replace(hex(zeroblob(5000)), '00', 'long')"]),
);

const TYPES = ["", "INTEGER", "REAL", "TEXT", "BLOB", "NUMERIC", "TEXT COLLATE NOCASE"] as const;

const SHAPES = [
  { key: "", options: "" },
  { key: "id INTEGER PRIMARY KEY, ", options: "" },
  { key: "id INTEGER PRIMARY KEY AUTOINCREMENT, ", options: "" },
  { key: "id INT PRIMARY KEY DESC, ", options: "" },
  { key: "rowid TEXT, ", options: "" },
  { key: "", options: "WITHOUT ROWID", primary: "c0, c1 DESC" },
  { key: "", options: "WITHOUT ROWID", primary: "c1 COLLATE NOCASE" },
] as const;

interface RandomTable {
  readonly shape: (typeof SHAPES)[number];
  readonly types: readonly string[];
  readonly rows: readonly { readonly rowid: bigint; readonly cells: readonly Cell[] }[];
  readonly extras: readonly string[];
}

const EXTRAS = ["index", "unique", "view", "trigger", "generated", "partial"] as const;

const table: fc.Arbitrary<RandomTable> = fc.record({
  shape: fc.constantFrom(...SHAPES),
  types: fc.array(fc.constantFrom(...TYPES), { minLength: 2, maxLength: 5 }),
  rows: fc.array(fc.record({ rowid: integer, cells: fc.array(cell, { minLength: 5, maxLength: 5 }) }), {
    maxLength: 12,
  }),
  extras: fc.subarray([...EXTRAS]),
});

const VIRTUAL = [
  [
    "CREATE VIRTUAL TABLE ft USING fts5(a, b)",
    "INSERT INTO ft VALUES ('hello world', 'x'), ('second', 'hello')",
  ],
  [
    "CREATE VIRTUAL TABLE bare USING fts5(a, content='')",
    "INSERT INTO bare(rowid, a) VALUES (7, 'only an index')",
  ],
  [
    "CREATE TABLE doc (body TEXT)",
    "INSERT INTO doc(rowid, body) VALUES (3, 'three'), (90, 'ninety')",
    "CREATE VIRTUAL TABLE over USING fts5(body, content='doc')",
    "INSERT INTO over(over) VALUES ('rebuild')",
  ],
  ["CREATE VIRTUAL TABLE box USING rtree(id, x0, x1)", "INSERT INTO box VALUES (1, 0, 1.5), (2, -3, 8)"],
  ["CREATE VIRTUAL TABLE old USING fts4(a)", "INSERT INTO old VALUES ('four words in here')"],
  [
    "CREATE TABLE film (id INTEGER PRIMARY KEY, v F32_BLOB(2))",
    "INSERT INTO film VALUES (1, vector32('[1,2]')), (2, vector32('[3,-1]'))",
    "CREATE INDEX film_v ON film (libsql_vector_idx(v))",
  ],
] as const;

/** Any database: every storage class in every kind of table, virtual tables, indexes, views and triggers. */
export const randomDatabase: fc.Arbitrary<RandomStatement[]> = fc
  .tuple(fc.array(table, { minLength: 1, maxLength: 4 }), fc.subarray([...VIRTUAL]))
  .map(([tables, virtual]) => [
    ...tables.flatMap((made, index) => tableStatements(`t ${index}"`, made)),
    ...virtual.flat().map((sql) => ({ sql, args: [] })),
  ]);

function tableStatements(name: string, { shape, types, rows, extras }: RandomTable): RandomStatement[] {
  const quoted = `"${name.replaceAll('"', '""')}"`;
  const primary = "primary" in shape ? `, PRIMARY KEY (${shape.primary})` : "";
  const generated = extras.includes("generated") ? ", g AS (typeof(c0)) STORED, h AS (c1)" : "";
  const columns = types.map((type, index) => `c${index} ${type}`).join(", ");
  const hasRowid = shape.options === "";
  const names = types.map((_, index) => `c${index}`).join(", ");
  const rowid = shape.key.startsWith("rowid") ? "oid" : "rowid";
  return [
    {
      sql: `CREATE TABLE ${quoted} (${shape.key}${columns}${generated}${primary}) ${shape.options}`,
      args: [],
    },
    ...rows.map(({ rowid: id, cells }) => {
      const used = cells.slice(0, types.length);
      const values = used.map(([sql]) => sql).join(", ");
      return {
        sql: `INSERT OR IGNORE INTO ${quoted} (${hasRowid ? `${rowid}, ` : ""}${names}) VALUES (${hasRowid ? `CAST('${id}' AS INTEGER), ` : ""}${values})`,
        args: used.flatMap(([, ...args]) => args),
      };
    }),
    ...extras.flatMap((extra) => extraStatement(extra, name, quoted)),
  ];
}

function extraStatement(extra: string, name: string, quoted: string): RandomStatement[] {
  const own = (kind: string): string => `"${`${kind} ${name}`.replaceAll('"', '""')}"`;
  const sql: Readonly<Record<string, string>> = {
    index: `CREATE INDEX ${own("i")} ON ${quoted} (c1 DESC, lower(c0))`,
    partial: `CREATE INDEX ${own("p")} ON ${quoted} (c0) WHERE c1 IS NOT NULL`,
    view: `CREATE VIEW ${own("v")} AS SELECT c0, count(*) FROM ${quoted} GROUP BY 1`,
    trigger: `CREATE TRIGGER ${own("x")} AFTER INSERT ON ${quoted} BEGIN DELETE FROM ${quoted}; SELECT ';'; END`,
  };
  return sql[extra] === undefined ? [] : [{ sql: sql[extra], args: [] }];
}
