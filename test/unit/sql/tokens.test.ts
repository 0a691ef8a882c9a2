import * as fc from "fast-check";
import { expect, test } from "vitest";
import { nameBehind, nameIn, nameOf, tokenize } from "../../../src/sql/tokens.ts";
import { identifier } from "../../../src/sql/identifier.ts";

function shapes(sql: string): string[] {
  return tokenize(sql).map(({ kind, text }) => `${kind} ${text}`);
}

test("whitespace and comments are no tokens, and offsets point into the text as written", () => {
  const sql = "\uFEFFa -- one ; ' \n/* two \" */ b\t/* never closed";
  const tokens = tokenize(sql);
  expect(tokens.map(({ start, end }) => sql.slice(start, end))).toEqual(["a", "b"]);
});

test("identifiers are read in all four quotings", () => {
  const tokens = tokenize('plain "dou""ble" `back``tick` [brack"et] ""');
  expect(tokens.map(nameOf)).toEqual(["plain", 'dou"ble', "back`tick", 'brack"et', ""]);
});

test("a word, what is quoted and a string can be a name, and nothing else can", () => {
  const names = tokenize(`w "q" 's' 1 x'00' ( :p`).map((token) => nameIn(token));
  expect(names).toEqual(["w", "q", "s", null, null, null, null]);
});

test("the name behind a word is that of the first one from a place on, and a quoted word is none", () => {
  const tokens = tokenize(`a "on" b on c ON [d] on`);
  expect([0, 4, 6, 8].map((from) => nameBehind(tokens, "on", from))).toEqual(["c", "d", null, null]);
});

test("strings and blobs keep doubled quotes and semicolons inside", () => {
  expect(shapes("'it''s; -- no' x'0aFF' X'' ''")).toEqual([
    "string 'it''s; -- no'",
    "blob x'0aFF'",
    "blob X''",
    "string ''",
  ]);
});

test.each(["1", "1.", ".5", "1.5e-3", "1E+10", "2e5", "0x1F", "0XaB", "1_000", "10.2_5"])(
  "%s is one number",
  (number) => {
    expect(shapes(`${number} `)).toEqual([`number ${number}`]);
  },
);

test("a sign after a hexadecimal number is an operator", () => {
  expect(shapes("0x1e-3")).toEqual(["number 0x1e", "operator -", "number 3"]);
});

test.each(["?", "?12", ":name", "@name", "$name"])("%s is one parameter", (parameter) => {
  expect(shapes(parameter)).toEqual([`parameter ${parameter}`]);
});

test("the longest operator wins", () => {
  const operators = tokenize("a->>b->c||d<>e<=f<<g>=h>>i!=j==k=l-m").filter(
    ({ kind }) => kind === "operator",
  );
  expect(operators.map(({ text }) => text).join(" ")).toBe("->> -> || <> <= << >= >> != == = -");
});

test("what SQLite refuses becomes an unknown token instead of an error", () => {
  expect(shapes("'open")).toEqual(["unknown 'open"]);
  expect(shapes('"open')).toEqual(['unknown "open']);
  expect(shapes("[open")).toEqual(["unknown [open"]);
  expect(shapes("^ \\")).toEqual(["unknown ^", "unknown \\"]);
});

test("bare words fold by ASCII alone", () => {
  expect(tokenize("SELECT Ärger KELVIN\u212A").map(({ word }) => word)).toEqual([
    "select",
    "Ärger",
    "kelvin\u212A",
  ]);
});

test("a limit stops early", () => {
  expect(tokenize("a b c")).toHaveLength(3);
  expect(tokenize("a b c", 2)).toHaveLength(2);
});

test("any text is covered by tokens in order, without an error", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (sql) => {
      let last = 0;
      for (const { start, end, text } of tokenize(sql)) {
        expect(start).toBeGreaterThanOrEqual(last);
        expect(end).toBeGreaterThan(start);
        expect(sql.slice(start, end)).toBe(text);
        last = end;
      }
    }),
  );
});

test("every name survives quoting", () => {
  const names = fc.string({ unit: "binary" }).filter((name) => !name.includes("\0"));
  fc.assert(
    fc.property(names, (name) => {
      expect(tokenize(identifier(name)).map(nameOf)).toEqual([name]);
    }),
  );
});

test("a megabyte of quotes is read in linear time", () => {
  const script = `${"x'00' ".repeat(50_000)}'${"''".repeat(500_000)}'`;
  const start = performance.now();
  expect(tokenize(script)).toHaveLength(50_001);
  expect(performance.now() - start).toBeLessThan(1000);
});
