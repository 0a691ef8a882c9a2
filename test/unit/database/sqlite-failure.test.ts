import { expect, test } from "vitest";
import { failureFromSqlite } from "../../../src/database/sqlite-failure.ts";

test("the codes the driver puts before its words, once or twice, are left out", () => {
  const message = "SQLITE_CONSTRAINT: SQLITE_CONSTRAINT_UNIQUE: UNIQUE constraint failed: a.b";
  const failure = failureFromSqlite(
    "local.db",
    Object.assign(new Error(message), { code: "SQLITE_CONSTRAINT" }),
  );
  expect(failure).toMatchObject({ code: "SQL_INVALID", message: "UNIQUE constraint failed: a.b" });
});
