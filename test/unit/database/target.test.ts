import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { primaryFromUrl, targetFromOptions } from "../../../src/database/target.ts";

const SECRET = "s3cr3t-token-value";
const primary = (url: string, token: string | null = null) => primaryFromUrl(url, token, 1000);

describe("the address of a primary", () => {
  test.each([
    ["libsql://app-acme.turso.io", "https://app-acme.turso.io", "app-acme"],
    ["libsql://app.aws-eu-west-1.turso.io/", "https://app.aws-eu-west-1.turso.io", "app"],
    [" https://db.example.com:8443 ", "https://db.example.com:8443", "db.example.com:8443"],
    ["http://127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1:8080"],
    ["ws://localhost:8080", "http://localhost:8080", "localhost:8080"],
    ["wss://db.example.com", "https://db.example.com", "db.example.com"],
    ["libsql://localhost:8080?tls=0", "http://localhost:8080", "localhost:8080"],
    ["libsql://localhost:8080?tls=1", "https://localhost:8080", "localhost:8080"],
    ["LIBSQL://app-acme.turso.io", "https://app-acme.turso.io", "app-acme"],
    ["libsql://[::1]:8080?tls=0", "http://[::1]:8080", "[::1]:8080"],
  ])("%s is %s, called %s", (url, endpoint, name) => {
    expect(primary(url)).toMatchObject({ endpoint, name });
  });

  test.each([
    ["", /not a URL/],
    ["app.turso.io", /not a URL/],
    ["http://", /not a URL/],
    ["http://127.0.0.1:0", /port 0/],
    ["postgres://db.example.com", /scheme "postgres:"/],
    ["libsql:app", /not a URL|scheme/],
    [`libsql://user:${SECRET}@app.turso.io`, /user name or password/],
    [`libsql://${SECRET}@app.turso.io`, /user name or password/],
    ["libsql://app.turso.io/db", /path "\/db"/],
    ["libsql://app.turso.io?token=1", /parameter "token"/],
    [`libsql://app.turso.io#${SECRET}`, /part after/],
    [`libsql://app.turso.io/${SECRET}`, /path/],
  ])("%s is refused", (url, message) => {
    expect(() => primary(url)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringMatching(message) }),
    );
  });

  test("is never repeated when it is refused, because it may hold a secret", () => {
    for (const url of [
      `libsql://u:${SECRET}@a.turso.io`,
      `http//${SECRET}`,
      `libsql://a.turso.io/?authToken=${SECRET}&x=1`,
      `libsql://a.turso.io#${SECRET}`,
    ]) {
      expect(() => primary(url)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining(SECRET) }),
      );
    }
  });

  test("gives way to nothing but an address: no text makes it throw anything else", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl()), (url) => {
        try {
          expect(primary(url).endpoint).toMatch(/^https?:\/\/[^/]+$/);
        } catch (error) {
          expect(error).toMatchObject({ code: "CONFIG_INVALID" });
        }
      }),
    );
  });
});

describe("the token", () => {
  test("comes from its variable first, then from the address, and never stays in it", () => {
    const url = `libsql://a.turso.io?authToken=${SECRET}`;
    expect(primary(url)).toMatchObject({
      authToken: SECRET,
      endpoint: "https://a.turso.io",
      host: "a.turso.io",
    });
    expect(primary(url, " other\n").authToken).toBe("other");
    expect(primary("libsql://a.turso.io", "  ").authToken).toBeNull();
  });

  test.each([["Bearer abc"], ['"abc"'], ["'abc'"], ["a b"], ["a\nb"], ["clé"]])(
    "%j is refused without being repeated",
    (token) => {
      expect(() => primary("libsql://a.turso.io", token)).toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID", message: expect.not.stringContaining(token) }),
      );
    },
  );
});

describe("the target", () => {
  const options = { path: "/p/local.db", url: null, authToken: null, remoteOnly: false, timeout: 1000 };
  const url = "http://127.0.0.1:1";

  test("is a file without an address, a replica with one, the primary when only that is wanted", () => {
    expect(targetFromOptions(options)).toEqual({ kind: "local", path: "/p/local.db" });
    expect(targetFromOptions({ ...options, url })).toMatchObject({ kind: "replica", path: "/p/local.db" });
    expect(targetFromOptions({ ...options, url, remoteOnly: true })).toMatchObject({ kind: "remote" });
  });

  test("cannot be only the primary where there is none", () => {
    expect(() => targetFromOptions({ ...options, remoteOnly: true })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
  });
});
