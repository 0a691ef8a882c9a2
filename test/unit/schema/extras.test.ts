import { integer as integer045, sqliteTable as table045, text as text045 } from "drizzle-orm/sqlite-core";
import { describe, expect, test } from "vitest";
import { fullTextSearch, tableOptions, vectorIndex } from "../../../src/index.ts";
import { executeStatements } from "../../../src/database/scratch.ts";
import { createStatements } from "../../../src/schema/create.ts";
import { schemaFromModels } from "../../../src/schema/from-models.ts";
import type { Drizzle } from "../../cases/case.ts";
import { drizzle045Version, drizzle1Version } from "../../cases/drizzle-versions.ts";

/** Says what one version of Drizzle makes of models; `d` is its whole API. */
function sayer(version: typeof drizzle045Version) {
  return (models: (d: Drizzle) => Record<string, unknown>, casing: "snake_case" | null = null): string[] => {
    const exports = version.exportsOf({
      name: "",
      models,
      expect: { kind: "same-as-kit" },
      ...(casing && { options: { casing } }),
    });
    const named = Object.entries(exports).map(([name, value]) => ({ file: "models.ts", name, value }));
    return createStatements(schemaFromModels(version.api, named, { casing })).map(({ sql }) => sql);
  };
}

const vectorOf = (d: Drizzle, type: string) => d.customType({ dataType: () => type });

describe.each([drizzle045Version, drizzle1Version])("with drizzle-orm $name", (version) => {
  const say = sayer(version);
  const refuses = (message: RegExp, models: (d: Drizzle) => Record<string, unknown>) => {
    expect(() => say(models)).toThrow(
      expect.objectContaining({ code: "MODELS_INVALID", message: expect.stringMatching(message) as string }),
    );
  };

  describe("tableOptions", () => {
    test("makes a table STRICT and WITHOUT ROWID, in one call or two, before or after its export", () => {
      const statements = say((d) => {
        const kinds = tableOptions(d.sqliteTable("kinds", { code: d.text("code").primaryKey() }), {
          strict: true,
        });
        tableOptions(kinds, { withoutRowid: true });
        return { kinds };
      });
      expect(statements).toEqual([
        'CREATE TABLE "kinds" (\n  "code" text PRIMARY KEY NOT NULL\n) STRICT, WITHOUT ROWID',
      ]);
    });

    test("leaves every other table alone", () => {
      const columns = (d: Drizzle) => ({ code: d.text("code", { enum: ["a"] }).primaryKey() });
      const statements = say((d) => {
        tableOptions(d.sqliteTable("one", columns(d)), { strict: true, enumChecks: true });
        return { two: d.sqliteTable("two", columns(d)) };
      });
      expect(statements).toEqual(['CREATE TABLE "two" (\n  "code" text PRIMARY KEY NOT NULL\n)']);
    });

    test("names the column whose type a STRICT table refuses", () => {
      const strict = (type: (d: Drizzle) => unknown) => (d: Drizzle) => ({
        t: tableOptions(d.sqliteTable("t", { id: d.integer("id"), wrong: type(d) }), { strict: true }),
      });
      refuses(
        /^models\.ts: column "wrong" of the STRICT table "t" is numeric$/,
        strict((d) => d.numeric("wrong")),
      );
      refuses(
        /"wrong".* is text\(10\)$/,
        strict((d) => d.text("wrong", { length: 10 })),
      );
      refuses(
        /"wrong".* is F32_BLOB\(3\)$/,
        strict((d) => vectorOf(d, "F32_BLOB(3)")("wrong")),
      );
      for (const type of ["int", "INTEGER", "Real", "text", "blob", "ANY"])
        expect(say(strict((d) => vectorOf(d, type)("wrong")))[0]).toContain(`"wrong" ${type}\n) STRICT`);
    });

    test("refuses WITHOUT ROWID where there is no key, or one that counts rowids", () => {
      refuses(/table "t" is WITHOUT ROWID and has no primary key/, (d) => ({
        t: tableOptions(d.sqliteTable("t", { a: d.text("a") }), { withoutRowid: true }),
      }));
      refuses(/table "t" is WITHOUT ROWID and has an AUTOINCREMENT column/, (d) => ({
        t: tableOptions(d.sqliteTable("t", { a: d.integer("a").primaryKey({ autoIncrement: true }) }), {
          withoutRowid: true,
        }),
      }));
    });

    test("turns enums into checks when asked, quotes and casing included", () => {
      const models = (enumChecks: boolean) => (d: Drizzle) => ({
        t: tableOptions(
          d.sqliteTable("t", { userRole: d.text({ enum: ["owner", "it's"] }), plain: d.text() }),
          { enumChecks },
        ),
      });
      expect(say(models(true), "snake_case")[0]).toContain(
        `CONSTRAINT "t_user_role_enum" CHECK ("user_role" IN ('owner', 'it''s'))\n)`,
      );
      expect(say(models(true))[0]?.match(/CHECK/g)).toHaveLength(1);
      expect(say(models(false))[0]).not.toContain("CHECK");
    });
  });

  describe("fullTextSearch", () => {
    test("makes an external-content table and three triggers, with every option, names quoted and cased", async () => {
      const statements = say((d) => {
        const posts = d.sqliteTable("it's", {
          postId: d.integer().primaryKey(),
          postTitle: d.text(),
          order: d.text(),
        });
        fullTextSearch(posts, {
          name: "find",
          columns: [posts.postTitle, posts.order],
          tokenize: "unicode61 separators '''",
          prefix: [2, 3],
          detail: "full",
          columnSize: true,
        });
        return { posts };
      }, "snake_case");
      expect(statements.slice(1, 3)).toEqual([
        `CREATE VIRTUAL TABLE "find" USING fts5(\n  "post_title",\n  "order",\n  content='it''s',\n  content_rowid='post_id',\n  tokenize='unicode61 separators ''''''',\n  prefix='2 3',\n  detail=full,\n  columnsize=1\n)`,
        `CREATE TRIGGER "find_insert" AFTER INSERT ON "it's" BEGIN\n  INSERT INTO "find" (rowid, "post_title", "order") VALUES (new."post_id", new."post_title", new."order");\nEND`,
      ]);
      expect(statements).toHaveLength(5);
    });

    test("is called after its table, and stands for its name in Drizzle's sql", () => {
      const written = say((d) => {
        const posts = d.sqliteTable("posts", { id: d.integer("id").primaryKey(), title: d.text("title") });
        const search = fullTextSearch(posts, { columns: [posts.title] });
        expect(search.name).toBe("posts_search");
        const found = d
          .sqliteView("found", { id: d.integer("id") })
          .as(d.sql`select rowid as id from ${search} where ${search} match 'x'`);
        return { posts, search, found };
      });
      expect(written.find((sql) => sql.startsWith("CREATE VIEW"))).toBe(
        `CREATE VIEW "found" AS select rowid as id from "posts_search" where "posts_search" match 'x'`,
      );
    });

    test("refuses a table whose rows have no INTEGER PRIMARY KEY, and a column of another table", () => {
      const search =
        (columns: (d: Drizzle) => object, withoutRowid = false) =>
        (d: Drizzle) => {
          const posts = d.sqliteTable("posts", { title: d.text("title"), ...columns(d) });
          fullTextSearch(posts, { columns: [posts.title] });
          return { posts: tableOptions(posts, { withoutRowid }) };
        };
      const wanted =
        /^models\.ts: table "posts" has no INTEGER PRIMARY KEY, which the full-text search "posts_search" needs$/;
      refuses(
        wanted,
        search(() => ({})),
      );
      refuses(
        wanted,
        search((d) => ({ id: d.text("id").primaryKey() })),
      );
      refuses(
        wanted,
        search((d) => ({ id: d.integer("id").primaryKey() }), true),
      );
      refuses(/table "posts" names the column "name" of table "users"/, (d) => {
        const users = d.sqliteTable("users", { name: d.text("name") });
        const posts = d.sqliteTable("posts", { id: d.integer("id").primaryKey() });
        fullTextSearch(posts, { columns: [users.name] });
        return { posts, users };
      });
    });

    test("refuses a name that is taken", () => {
      refuses(/the virtual table name "users" is taken: table "users" in models\.ts/, (d) => {
        const users = d.sqliteTable("users", { id: d.integer("id").primaryKey(), name: d.text("name") });
        fullTextSearch(users, { name: "users", columns: [users.name] });
        return { users };
      });
    });
  });

  describe("vectorIndex", () => {
    test("makes an index with every parameter, and libSQL takes it", async () => {
      const models = (d: Drizzle) => {
        const docs = d.sqliteTable("docs", {
          id: d.integer().primaryKey(),
          theVector: vectorOf(d, "F32_BLOB(3)")(),
        });
        const { name } = vectorIndex(docs.theVector, {
          metric: "l2",
          maxNeighbors: 20,
          compressNeighbors: "float8",
          alpha: 1.4,
          searchL: 100,
          insertL: 50,
        });
        expect(name).toMatch(/^docs_(theVector|the_vector)_idx$/);
        vectorIndex(docs.theVector, { name: "near" });
        return { docs };
      };
      const statements = say(models, "snake_case");
      expect(statements[1]).toContain(
        `ON "docs" (libsql_vector_idx("the_vector", 'metric=l2', 'max_neighbors=20', 'compress_neighbors=float8', 'alpha=1.4', 'search_l=100', 'insert_l=50'))`,
      );
      expect(statements[2]).toBe('CREATE INDEX "near" ON "docs" (libsql_vector_idx("the_vector"))');
      const rows = executeStatements(
        statements.map((sql) => ({ sql, kind: "table", name: "docs", table: null, comment: null })),
      );
      expect(rows.map(({ name }) => name)).toContain("near_shadow");
    });

    test("refuses a column that is no vector, or has no length", () => {
      for (const type of ["blob", "F32_BLOB", "text"]) {
        refuses(new RegExp(`column "v" of table "t" is ${type}, which has no vector index`), (d) => {
          const t = d.sqliteTable("t", { v: vectorOf(d, type)("v") });
          vectorIndex(t.v);
          return { t };
        });
      }
    });
  });
});

describe("the types", () => {
  const posts = table045("posts", { id: integer045("id").primaryKey(), title: text045("title") });
  const users = table045("users", { id: integer045("id").primaryKey(), name: text045("name") });

  test("follow the table", () => {
    fullTextSearch(posts, { columns: [posts.title] });
    // @ts-expect-error a column of another table
    fullTextSearch(posts, { columns: [users.name] });
    // @ts-expect-error at least one column
    fullTextSearch(posts, { columns: [] });
    // @ts-expect-error no such option
    tableOptions(posts, { stritc: true });
    // @ts-expect-error no such metric
    vectorIndex(posts.title, { metric: "euclid" });
    expect(tableOptions(posts, {}).title).toBe(posts.title);
  });

  test("what is no table is refused where it is written", () => {
    expect(() => tableOptions({} as never, {})).toThrow("tableOptions() takes a table made by sqliteTable()");
    expect(() => fullTextSearch(null as unknown as typeof posts, { columns: [posts.title] })).toThrow(
      "fullTextSearch() takes a table",
    );
    expect(() => vectorIndex(undefined as never)).toThrow("vectorIndex() takes a column of a table");
  });
});
