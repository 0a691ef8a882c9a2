export { createTokenKeys, mintToken } from "../../src/database/token-keys.ts";
