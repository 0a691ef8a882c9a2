import { balanced } from "./balanced.ts";
import { literal } from "./literal.ts";

/**
 * A value exactly as SQLite stores it. Drivers and protocols damage some (text with NUL or invalid UTF-8, infinities, integers
 * read as numbers), so text travels as its bytes and an infinity as a word; `kind` tells what it was.
 */
export interface StoredValue {
  /** First letter of `typeof()`: integer, real, text, blob, null. */
  readonly kind: string;
  readonly value: number | bigint | string | Uint8Array | null;
}

/** SQL of one letter per column: their storage classes. */
export function kindsOf(columns: readonly string[]): string {
  return balanced(
    columns.map((column) => `substr(typeof(${column}), 1, 1)`),
    "||",
  );
}

/** SQL that reads a column so that nothing on the way to this process can damage it. */
export function readable(column: string): string {
  const real = `CASE ${column} WHEN 9e999 THEN 'inf' WHEN -9e999 THEN '-inf' ELSE ${column} END`;
  return `CASE typeof(${column}) WHEN 'text' THEN CAST(${column} AS BLOB) WHEN 'real' THEN ${real} ELSE ${column} END`;
}

/** Bytes from which a value is bound instead of being spelt out: hexadecimal doubles it, and servers limit a statement's length. */
const BOUND_BYTES = 16_384;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * SQL that makes a stored value again, to the last bit. Long text and blobs are pushed to `args` and bound by position; without
 * `args` they are spelt out.
 */
export function storedLiteral({ kind, value }: StoredValue, args: Uint8Array[] | null): string {
  switch (kind) {
    case "n":
      return "NULL";
    case "i":
      return String(value);
    case "r":
      return realLiteral(value);
    case "t":
      return textLiteral(bytesOf(value), args);
    default:
      return bytesLiteral(bytesOf(value), args);
  }
}

function realLiteral(value: StoredValue["value"]): string {
  if (typeof value === "string") return value === "inf" ? "9e999" : "-9e999";
  const number = Number(value);
  if (Object.is(number, -0)) return "-0.0";
  if (Number.isInteger(number) && Math.abs(number) < 1e15) return `${number}.0`;
  return /^-?\d{1,7}\.\d{1,7}$/.test(String(number)) ? String(number) : exactReal(number);
}

const POWER = 62;

/**
 * A real as an odd integer times or divided by powers of two, each step of which is exact. SQLite reads about 1 of 10,000 long
 * decimals one unit in the last place off (https://www.sqlite.org/floatingpoint.html).
 */
function exactReal(number: number): string {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, Math.abs(number));
  const raw = bits.getBigUint64(0);
  const biased = Number(raw >> 52n);
  let significand = (raw & 0xfffffffffffffn) + (biased === 0 ? 0n : 1n << 52n);
  let exponent = Math.max(biased, 1) - 1075;
  for (; (significand & 1n) === 0n; significand >>= 1n) exponent += 1;
  const steps: string[] = [];
  for (let left = exponent; left > 0; left -= POWER) steps.push(`*${1n << BigInt(Math.min(left, POWER))}`);
  for (let left = -exponent; left > 0; left -= POWER) steps.push(`/${1n << BigInt(Math.min(left, POWER))}`);
  return `(${number < 0 ? "-" : ""}${significand}*1.0${steps.join("")})`;
}

function textLiteral(bytes: Uint8Array, args: Uint8Array[] | null): string {
  if (bytes.length >= BOUND_BYTES && args) return `CAST(${bytesLiteral(bytes, args)} AS TEXT)`;
  try {
    const text = bytes.includes(0) ? null : utf8.decode(bytes);
    if (text !== null) return literal(text);
  } catch {
    // not UTF-8: its bytes are all there is
  }
  return `CAST(${literal(bytes)} AS TEXT)`;
}

function bytesLiteral(bytes: Uint8Array, args: Uint8Array[] | null): string {
  if (bytes.length < BOUND_BYTES || !args) return literal(bytes);
  args.push(bytes);
  return "?";
}

function bytesOf(value: StoredValue["value"]): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array();
}
