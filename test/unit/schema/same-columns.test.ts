import { expect, test } from "vitest";
import { columnNames, refuseOtherColumns } from "../../../src/schema/same-columns.ts";
import { schemaOf } from "./catalog.ts";

test("a table that was not made is refused, also one called as a property of JavaScript's objects", async () => {
  const models = await schemaOf("CREATE TABLE constructor (a)");
  expect(() => refuseOtherColumns(models, new Map(Object.entries(columnNames(models))))).not.toThrow();
  expect(() => refuseOtherColumns(models, new Map())).toThrow(
    expect.objectContaining({
      code: "MODELS_INVALID",
      message: expect.stringContaining('loses the column, "a"'),
    }),
  );
});
