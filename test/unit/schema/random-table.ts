import * as fc from "fast-check";
import { foldName, identifier } from "../../../src/sql/identifier.ts";

/** A CREATE TABLE statement in a random spelling, with the indexes on the table. */
export interface RandomTable {
  readonly name: string;
  readonly statements: readonly string[];
}

const HOSTILE_NAMES = [
  "",
  " ",
  "a b",
  'say "hi"',
  "it's",
  "tick`",
  "brac]ket",
  "[x]",
  "semi;colon",
  "-- c",
  "/*",
  "😀",
];
const KEYWORD_NAMES = [
  "select",
  "Order",
  "key",
  "desc",
  "END",
  "check",
  "left",
  "generated",
  "always",
  "true",
  "null",
];

/** Names that need quoting, keywords, and plain ones. */
export const names = fc.oneof(
  fc.constantFrom("id", "Name", "e_mail", "Ärger", "ärger", "x1"),
  fc.constantFrom(...HOSTILE_NAMES, ...KEYWORD_NAMES),
  fc.string({ unit: "grapheme", maxLength: 6 }).filter((name) => !/[\0\uFEFF]/.test(name)),
);

const uniqueNames = (maxLength: number) =>
  fc
    .uniqueArray(names, { minLength: 1, maxLength, selector: foldName })
    .filter((list) => !list.some(isReserved));

function isReserved(name: string): boolean {
  return foldName(name).startsWith("sqlite_");
}

/** A name in one of SQLite's four quotings. */
const quoted = (name: string) =>
  fc.constantFrom(
    identifier(name),
    `\`${name.replaceAll("`", "``")}\``,
    name.includes("]") ? identifier(name) : `[${name}]`,
  );

const TYPES = [
  "",
  "INTEGER",
  "integer",
  "TEXT",
  "UNSIGNED BIG INT",
  "VARCHAR(255)",
  "decimal( 10 , -2 )",
  "F32_BLOB(4)",
];
const DEFAULTS = [
  "1",
  "-1.5e3",
  "+ 2",
  "'it''s'",
  "NULL",
  "TRUE",
  "draft",
  '"dq"',
  "x'00'",
  "( 1 + (2) )",
  "CURRENT_TIMESTAMP",
];
const CONFLICTS = ["", "", "", " ON CONFLICT IGNORE", " on conflict Replace", " ON CONFLICT ABORT"];
const ACTIONS = [
  "",
  " ON DELETE CASCADE",
  " ON UPDATE SET NULL ON DELETE RESTRICT",
  " MATCH FULL ON DELETE SET DEFAULT",
];
const DEFERRALS = [
  "",
  " DEFERRABLE INITIALLY DEFERRED",
  " NOT DEFERRABLE",
  " DEFERRABLE",
  " NOT DEFERRABLE INITIALLY DEFERRED",
];

const conflict = fc.constantFrom(...CONFLICTS);
const reference = fc
  .record({
    columns: fc.constantFrom("", "(id)"),
    action: fc.constantFrom(...ACTIONS),
    defer: fc.constantFrom(...DEFERRALS),
  })
  .map(({ columns, action, defer }) => `REFERENCES parent${columns}${action}${defer}`);

const columnConstraint = fc.oneof(
  conflict.map((text) => `NOT NULL${text}`),
  fc.constant("NULL"),
  conflict.map((text) => `UNIQUE${text}`),
  fc.constantFrom(...DEFAULTS).map((text) => `DEFAULT ${text}`),
  fc.constantFrom("NOCASE", "'rtrim'", '"BINARY"').map((text) => `COLLATE ${text}`),
  fc.constantFrom(
    "CHECK (1 <> 2)",
    "check(')' <> '(') ",
    "CONSTRAINT [a b] CHECK ((1))",
    "CONSTRAINT lonely",
  ),
  reference,
);

const keyConstraint = fc.constantFrom(
  "",
  "",
  "",
  "PRIMARY KEY",
  "primary key DESC",
  "PRIMARY KEY ASC ON CONFLICT FAIL",
);
const generation = fc.constantFrom(
  "",
  "",
  "",
  "",
  "AS (1 + 1)",
  "GENERATED ALWAYS AS ('a,)') STORED",
  "as (2) virtual",
);

const definition = (name: string) =>
  fc
    .record({
      name: quoted(name),
      type: fc.constantFrom(...TYPES),
      constraints: fc.uniqueArray(columnConstraint, { maxLength: 4, selector: (text) => text.slice(0, 6) }),
      key: keyConstraint,
      generation,
    })
    .map(({ name: text, type, constraints, key, generation: as }) => {
      const generated = as === "" ? constraints : constraints.filter((item) => !item.startsWith("DEFAULT"));
      return [text, type, ...generated, key, as].filter((part) => part !== "").join(" ");
    });

const TAILS = ["", "", " asc", " DESC", " COLLATE nocase", " COLLATE [rtrim] DESC"];

const term = (column: string) =>
  fc.tuple(quoted(column), fc.constantFrom(...TAILS)).map(([name, tail]) => name + tail);

const terms = (columns: readonly string[]) =>
  fc
    .shuffledSubarray([...columns], { minLength: 1, maxLength: Math.min(3, columns.length) })
    .chain((chosen) => fc.tuple(...chosen.map(term)))
    .map((list) => list.join(" , "));

const tableConstraint = (columns: readonly string[]) =>
  fc.oneof(
    fc.tuple(terms(columns), conflict).map(([list, text]) => `UNIQUE (${list})${text}`),
    fc.tuple(terms(columns), conflict).map(([list, text]) => `CONSTRAINT pk PRIMARY KEY(${list})${text}`),
    fc
      .tuple(fc.constantFrom(...columns).chain(quoted), reference)
      .map(([name, text]) => `FOREIGN KEY (${name}) ${text}`),
    fc.constantFrom("CHECK (1) ", "CONSTRAINT c CHECK(2 <> (3))"),
  );

const BLANKS = [" ", "\n\t", " /* , ) ' */ ", " -- ( '\n"];

/** Random tables; SQLite refuses some (two primary keys, say), which the caller skips. */
export const randomTables: fc.Arbitrary<RandomTable> = fc
  .record({
    table: names.filter((name) => !isReserved(name) && foldName(name) !== "parent"),
    columns: uniqueNames(5),
  })
  .chain(({ table, columns }) =>
    fc
      .record({
        table: fc.constant(table),
        quotedTable: quoted(table),
        columns: fc.tuple(...columns.map(definition)),
        constraints: fc.array(tableConstraint(columns), { maxLength: 3 }),
        comma: fc.constantFrom(",", ",", ""),
        options: fc.constantFrom("", "", "", " WITHOUT ROWID", " strict", " STRICT , without rowid"),
        blank: fc.constantFrom(...BLANKS),
        indexes: fc.array(fc.tuple(fc.boolean(), terms(columns), fc.boolean()), { maxLength: 2 }),
      })
      .map(render),
  );

interface Pieces {
  readonly table: string;
  readonly quotedTable: string;
  readonly columns: readonly string[];
  readonly constraints: readonly string[];
  readonly comma: string;
  readonly options: string;
  readonly blank: string;
  readonly indexes: readonly (readonly [boolean, string, boolean])[];
}

function render({
  table,
  quotedTable,
  columns,
  constraints,
  comma,
  options,
  blank,
  indexes,
}: Pieces): RandomTable {
  const body = [
    columns.join(`${blank},`),
    ...(constraints.length > 0 ? [constraints.join(`${blank}${comma} `)] : []),
  ];
  const create = `CREATE TABLE${blank}${quotedTable}${blank}(${body.join(` ,${blank}`)}${blank})${options}`;
  const created = indexes.map(([unique, list, partial], at) => {
    const where = partial ? " WHERE 1 <> (2)" : "";
    return `CREATE ${unique ? "UNIQUE " : ""}INDEX${blank}"i${at} x" ON ${quotedTable}${blank}(${list})${where}`;
  });
  return { name: table, statements: [create, ...created] };
}
