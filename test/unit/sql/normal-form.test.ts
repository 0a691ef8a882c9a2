import * as fc from "fast-check";
import { expect, test } from "vitest";
import { normalizeSql } from "../../../src/sql/normal-form.ts";
import { identifier } from "../../../src/sql/identifier.ts";
import { names } from "../schema/random-table.ts";

/** What a client sent through an embedded replica, and what `sqlite_schema` held on the primary afterwards. */
const REPRINTED = [
  ["create unique index i2 on a ( x asc , y desc )", "CREATE UNIQUE INDEX i2 ON a (x ASC, y DESC)"],
  [
    "CREATE INDEX [i4] ON [a] ([x]) WHERE y <> 1 AND z != 2",
    "CREATE INDEX [i4] ON [a] ([x]) WHERE y <> 1 AND z <> 2",
  ],
  ["CREATE INDEX i8 ON a(x) WHERE x NOT NULL", "CREATE INDEX i8 ON a (x) WHERE x NOTNULL"],
  [
    "CREATE INDEX i9 ON a(x) WHERE x ISNULL OR NOT (y == 2)",
    "CREATE INDEX i9 ON a (x) WHERE x ISNULL OR NOT (y = 2)",
  ],
  ["CREATE INDEX i11 ON a(j ->> '$.k', j->'z')", "CREATE INDEX i11 ON a (j ->> '$.k', j -> 'z')"],
  ["CREATE INDEX i16 ON a(CAST(y AS VARCHAR(10)))", "CREATE INDEX i16 ON a (CAST (y AS VARCHAR (10)))"],
  [
    "CREATE INDEX i17 ON a(-y, ~y, y<<2, y&3, x||'q')",
    "CREATE INDEX i17 ON a (- y, ~ y, y << 2, y & 3, x || 'q')",
  ],
  [
    "CREATE INDEX i19 ON a(x) WHERE y IS 1 or y is not distinct from 3 or y IS DISTINCT FROM 4",
    "CREATE INDEX i19 ON a (x) WHERE y IS 1 OR y IS 3 OR y IS NOT 4",
  ],
  [
    "CREATE INDEX i22 ON a(x) WHERE x = X'0aFF' OR x GLOB 'a*'",
    "CREATE INDEX i22 ON a (x) WHERE x = X'0aFF'OR x GLOB 'a*'",
  ],
  [
    "CREATE VIEW v12 AS SELECT row_number() OVER (PARTITION BY x ORDER BY y) rn, sum(y) OVER w AS s FROM a WINDOW w AS (ORDER BY id)",
    "CREATE VIEW v12 AS SELECT row_number () OVER (PARTITION BY x ORDER BY y) rn, sum (y) OVER w AS s FROM a WINDOW w AS (ORDER BY id)",
  ],
  ["CREATE VIEW v14 AS /* hello */ SELECT x -- there\n FROM a", "CREATE VIEW v14 AS SELECT x FROM a"],
  [
    "CREATE VIEW v18 AS SELECT current_date, NULL, TRUE FROM a",
    "CREATE VIEW v18 AS SELECT CURRENT_DATE, NULL, TRUE FROM a",
  ],
  [
    "CREATE TRIGGER t4 AFTER DELETE ON a BEGIN INSERT OR REPLACE INTO log(m,n) SELECT x, y FROM b; END",
    "CREATE TRIGGER t4 AFTER DELETE ON a BEGIN\nREPLACE INTO log (m, n) SELECT x, y FROM b;\nEND",
  ],
  [
    "create trigger t10 before insert on a when (NEW.y > 1) begin -- comment ; here\n select raise(fail,'f'); end",
    "CREATE TRIGGER t10 BEFORE INSERT ON a WHEN (NEW.y > 1) BEGIN\nSELECT RAISE (FAIL, 'f');\nEND",
  ],
] as const;

test.each(REPRINTED)("an embedded replica's re-print of %s means the same", (sent, stored) => {
  expect(normalizeSql(stored)).toBe(normalizeSql(sent));
});

test("a replica's re-print of LIMIT with a comma means something else, and shows", () => {
  expect(normalizeSql("SELECT x FROM a LIMIT 2, 3")).not.toBe(
    normalizeSql("SELECT x FROM a LIMIT 2 OFFSET 3"),
  );
});

const SAME = [
  ["SELECT Users.Name FROM Users", 'select "users" . `NAME` from [users]'],
  ["SELECT x FROM a LIMIT 2, 3", "SELECT x FROM a LIMIT 3 OFFSET 2"],
  ["SELECT (SELECT x FROM a LIMIT 2, 3), 4 FROM b", "SELECT (SELECT x FROM a LIMIT 3 OFFSET 2), 4 FROM b"],
  ["SELECT x AS p FROM a AS t", "SELECT x p FROM a t"],
  ["SELECT ALL x FROM a", "SELECT x FROM a"],
  ["SELECT 1 FROM a INNER JOIN b ON 1", "SELECT 1 FROM a JOIN b ON 1"],
  ["SELECT 1 FROM a LEFT OUTER JOIN b ON 1", "SELECT 1 FROM a left join b ON 1"],
  ["SELECT x FROM a ORDER BY x ASC, y DESC LIMIT 1", "SELECT x FROM a ORDER BY x, y DESC LIMIT 1"],
  ["x IS NOT NULL", "x NOTNULL"],
  ["x IS NULL AND y", "x ISNULL AND y"],
  ['SELECT "left" FROM rect', "SELECT left FROM rect"],
  ['SELECT "key", "desc" FROM t', "SELECT key, Desc FROM t"],
  ["0xFF + 1E3 + X'AB'", "0XFF+1e3+x'ab'"],
] as const;

test.each(SAME)("%s equals %s", (left, right) => {
  expect(normalizeSql(left)).toBe(normalizeSql(right));
});

test.each([
  ["x = 'A'", "x = 'a'"],
  ["x = 'a  b'", "x = 'a b'"],
  ["SELECT true", 'SELECT "true"'],
  ["SELECT current_date", "SELECT [current_date]"],
  ["SELECT x FROM a LEFT JOIN b ON 1", 'SELECT x FROM a "left" JOIN b ON 1'],
  ["SELECT x FROM a LEFT JOIN b ON 1", "SELECT x FROM a JOIN b ON 1"],
  ["SELECT x FROM a CROSS JOIN b", "SELECT x FROM a JOIN b"],
  ["SELECT x FROM a UNION ALL SELECT 1", "SELECT x FROM a UNION SELECT 1"],
  ["SELECT x asc FROM a", "SELECT x FROM a"],
  ["x IS NULL || y", "x ISNULL || y"],
  ["NOT NULL", "IS NOT NULL"],
  ["a - -b", "a --b"],
  ["Ä", "ä"],
  ["x''", "''"],
])("%s differs from %s", (left, right) => {
  expect(normalizeSql(left)).not.toBe(normalizeSql(right));
});

test("the normal form reads well and is its own normal form", () => {
  const sql = `select count ( * ) , lower(T."Full Name") from "T" where x in(1,2) and not exists (select 1)`;
  const normal = `SELECT count(*), lower(t."full name") FROM t WHERE x IN (1, 2) AND NOT EXISTS (SELECT 1)`;
  expect(normalizeSql(sql)).toBe(normal);
  expect(normalizeSql(normal)).toBe(normal);
});

const pieces = fc.constantFrom(
  ..."select from where order by asc desc limit , ( ) as is not null isnull notnull distinct a.b 'S' \"q\" [Q] 1 left join".split(
    " ",
  ),
  ..."outer inner all union replace into or cast ; - -> || != == true x'AB' end case window over with".split(
    " ",
  ),
);

test.each([...REPRINTED, ...SAME].flat())("normalising %s twice is normalising it once", (sql) => {
  expect(normalizeSql(normalizeSql(sql))).toBe(normalizeSql(sql));
});

test("tokens in any order have a normal form, statement or not", () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 14 }), (tokens) => {
      expect(typeof normalizeSql(tokens.join(" "))).toBe("string");
    }),
  );
});

test("spacing, comments, case and quoting never change the normal form", () => {
  const blanks = fc.constantFrom(" ", "\n", "\t ", " /* ; */ ", " -- '\n");
  fc.assert(
    fc.property(
      names,
      names,
      fc.array(blanks, { minLength: 6, maxLength: 6 }),
      (column, table, [a, b, c, d, e, f]) => {
        const [x, t] = [identifier(column), identifier(table)];
        const plain = `SELECT ${x} FROM ${t} WHERE ${t}.${x} <> 'It''s'`;
        const other = `select${a}\`${column.replaceAll("`", "``")}\`${b}FROM${c}${t} where${d}${t}${e}.${x}${f}!='It''s'`;
        expect(normalizeSql(other)).toBe(normalizeSql(plain));
      },
    ),
  );
});
