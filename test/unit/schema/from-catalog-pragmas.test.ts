import * as fc from "fast-check";
import { expect, test } from "vitest";
import { schemaFromCatalog } from "../../../src/schema/from-catalog.ts";
import { catalogOf, withDatabase } from "./catalog.ts";
import { factsFromPragmas, factsFromSchema } from "./pragma-facts.ts";
import { randomTables } from "./random-table.ts";

test("whatever table SQLite takes, reading its text agrees with SQLite's own PRAGMAs", async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(randomTables, ({ name, statements }) =>
      withDatabase(["CREATE TABLE parent (id INTEGER PRIMARY KEY)"], async (client) => {
        for (const statement of statements) {
          const refused = await client.execute(statement).then(
            () => false,
            () => true,
          );
          if (refused) return;
        }
        accepted += 1;
        const schema = schemaFromCatalog(await catalogOf(client));
        const table = schema.tables.find((candidate) => candidate.name === name);
        if (table === undefined) throw new Error("the table is missing");
        expect(factsFromSchema(schema, table)).toEqual(await factsFromPragmas(client, name));
      }),
    ),
    { numRuns: 400 },
  );
  expect(accepted).toBeGreaterThan(30);
});
