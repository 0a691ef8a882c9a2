import { describe, expect, test } from "vitest";
import { decodeToken } from "../../../src/database/token.ts";
import { createTokenKeys, mintToken } from "../../support/tokens.ts";

const keys = createTokenKeys();
const issuedAt = 1_800_000_000;
const now = new Date((issuedAt + 60) * 1000);

describe("a token, decoded", () => {
  test("says when it was issued, when it expires, what it may do and for which database", () => {
    const token = mintToken(keys, { issuedAt, expiresIn: 3600, access: "ro", id: "db-1" });
    expect(decodeToken(token, now)).toEqual({
      algorithm: "EdDSA",
      issuedAt: "2027-01-15T08:00:00.000Z",
      expiresAt: "2027-01-15T09:00:00.000Z",
      isExpired: false,
      access: "read-only",
      scope: ["db-1"],
    });
  });

  test("without claims never expires and may write, which is how libSQL takes it", () => {
    expect(decodeToken(mintToken(keys, { issuedAt }), now)).toMatchObject({
      expiresAt: null,
      isExpired: false,
      access: "read-write",
      scope: [],
    });
  });

  test("has expired from the second it says", () => {
    expect(decodeToken(mintToken(keys, { issuedAt, expiresIn: 60 }), now).isExpired).toBe(true);
    expect(decodeToken(mintToken(keys, { issuedAt, expiresIn: 61 }), now).isExpired).toBe(false);
  });

  test("names the databases its permissions list", () => {
    const claims = { p: { rw: { ns: ["one", "two"] }, ro: { ns: ["two", "three"] } } };
    expect(decodeToken(mintToken(keys, { issuedAt, claims }), now).scope).toEqual(["one", "two", "three"]);
  });

  test.each([
    [{ exp: "soon" }],
    [{ exp: 1e300 }],
    [{ exp: -1 }],
    [{ iat: 1e18 }],
    [{ p: 7, id: 7, a: 7 }],
    [{ p: { ns: [null, "x"] } }],
  ])("takes odd claims for what they are: %j", (claims) => {
    expect(decodeToken(mintToken(keys, { issuedAt, claims }), now)).toHaveProperty("access", "read-write");
  });
});

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

test.each([
  "",
  "secret",
  "a.b.c",
  "..",
  `${part({})}.${part([])}`,
  `${part({})}.${part({})}.`,
  `${part(null)}.${part({})}.x`,
  `${part({})}.${part("text")}.x`,
  `${part({})}.not-json.x`,
])("what is no token is refused without being repeated: %j", (token) => {
  const check = () => decodeToken(token, now);
  expect(check).toThrow(expect.objectContaining({ code: "AUTH_REJECTED" }));
  if (token) expect(check).toThrow(expect.objectContaining({ message: expect.not.stringContaining(token) }));
});
