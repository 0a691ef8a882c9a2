import type { ColumnKind } from "./types.ts";

const MODULES =
  "auth billing catalog shipping inventory crm support content media analytics payroll hiring projects calendar messaging search audit pricing loyalty returns warehouse fleet devices telemetry grants legal tax banking forms surveys events venues courses library clinic pharmacy parking energy garden kitchen".split(
    " ",
  );
const NOUNS =
  "accounts sessions tokens profiles roles invoices payments refunds products variants prices carts orders parcels carriers stocks moves leads contacts deals notes threads replies articles revisions assets folders metrics snapshots alerts periods slips offers interviews tasks boards sprints rooms messages reactions queries entries templates rules rates tiers points claims zones".split(
    " ",
  );

/** What columns of a kind are called. */
export const FIELDS: Readonly<Record<ColumnKind, readonly string[]>> = {
  text: "title label summary description notes phone street city region locale color icon comment path currency".split(
    " ",
  ),
  enum: ["status", "visibility", "level"],
  json: ["settings", "metadata", "payload", "tags"],
  integer: "quantity position priority version attempts score capacity retries width height visits".split(
    " ",
  ),
  boolean: ["is_active", "is_public", "is_archived", "is_default", "is_verified"],
  timestamp: ["published_at", "expires_at", "started_at", "finished_at"],
  timestamp_ms: ["synced_at", "measured_at", "locked_until"],
  real: ["amount", "weight", "latitude", "longitude", "ratio", "discount", "balance"],
  numeric: ["credit_limit", "fee", "deposit"],
  blob: ["thumbnail", "signature", "digest"],
};

/** The values of the enums. */
export const ENUMS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  status: ["draft", "open", "done", "void"],
  visibility: ["public", "team", "private"],
  level: ["low", "mid", "high"],
};

/** The name of the table with this number, and the model file it stands in: a file is a module of the product. */
export function nameOf(number: number, tables: number): { readonly name: string; readonly file: string } {
  const perFile = Math.min(12, Math.max(3, Math.ceil(tables / 4)));
  const fileNumber = Math.floor(number / perFile);
  const round = Math.floor(fileNumber / MODULES.length);
  const file = `${MODULES[fileNumber % MODULES.length]}${round === 0 ? "" : round + 1}`;
  return { name: `${file}_${NOUNS[(fileNumber * 5 + (number % perFile)) % NOUNS.length]}`, file };
}

/** `billing_order_lines` → `billingOrderLines`. */
export function camelCase(name: string): string {
  return name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** `billing_order_lines` → `BillingOrderLines`. */
export function pascalCase(name: string): string {
  return camelCase(`_${name}`);
}
