export { createStatements } from "../schema/create.ts";
