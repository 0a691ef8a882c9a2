export { CleanSlateError, type ErrorCode } from "../errors.ts";
export { buildTemplate } from "./template.ts";
export { createTestDatabase, type TestDatabaseOptions } from "./test-database.ts";
export type {
  ClientOf,
  DatabaseOf,
  Driver,
  Seed,
  Snapshot,
  Template,
  TemplateOptions,
  TestDatabase,
  TestSchema,
} from "./types.ts";
