import { expect, test } from "vitest";
import { productionGlob } from "../../../src/actions/guards.ts";
import { primaryFromUrl, type Target } from "../../../src/database/target.ts";
import { readConfig } from "../../../src/project/config.ts";

const globs = readConfig("/nowhere", {}).production.value;
const remote = (url: string): Target => ({ kind: "remote", primary: primaryFromUrl(url, null, 1) });
const local = (path: string): Target => ({ kind: "local", path });

test.each([
  [remote("libsql://shop-prod-acme.turso.io"), "prod"],
  [remote("libsql://SHOP-PRODUCTION.turso.io"), "production"],
  [remote("https://db.live.example.com:8080"), "live"],
  [remote("libsql://shop-prd-acme.turso.io"), "prd"],
  [local("/data/prod.db"), "prod"],
  [local("/data/shop_prod2.db"), "prod?"],
])("%o looks like production", (target, glob) => {
  expect(productionGlob(target, globs)).toBe(glob);
});

test.each([
  remote("libsql://olive-acme.turso.io"),
  remote("http://127.0.0.1:8080"),
  local("/prod/app/local.db"),
  local("/data/products.db"),
])("%o does not look like production", (target) => {
  expect(productionGlob(target, globs)).toBeNull();
});

test("a pattern of one's own is a glob: its other characters mean themselves", () => {
  const target = remote("libsql://main.db-eu.turso.io");
  expect(productionGlob(target, ["main?db*"])).toBe("main?db*");
  expect(productionGlob(target, ["main.db-e.*"])).toBeNull();
  expect(productionGlob(target, ["(main", "[a-z]*"])).toBeNull();
});
