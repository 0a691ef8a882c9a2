const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/**
 * Writes a JavaScript value, as a driver binds it or a template of `sql` carries it, as a SQLite literal: the only place where values
 * become SQL text (https://www.sqlite.org/lang_expr.html#literal_values_constants_). A boolean is 1 or 0, a Date its milliseconds
 * (as @libsql/client binds it), bytes a blob. Of a fraction SQLite may read the last bit as another one, as it does whoever writes it
 * (https://www.sqlite.org/floatingpoint.html). Throws RangeError or TypeError for what SQLite has no literal for.
 */
export function literal(value: unknown): string {
  if (value === null) return "NULL";
  switch (typeof value) {
    case "string":
      return textLiteral(value);
    case "number":
      return numberLiteral(value);
    case "bigint":
      return bigintLiteral(value);
    case "boolean":
      return value ? "1" : "0";
    default:
      return objectLiteral(value);
  }
}

function textLiteral(value: string): string {
  if (!value.isWellFormed())
    throw new RangeError(`text with a lone surrogate has no UTF-8 form: ${JSON.stringify(value)}`);
  // SQL text ends at a NUL character, so text that holds one travels as bytes.
  if (value.includes("\0")) return `CAST(${blobLiteral(new TextEncoder().encode(value))} AS TEXT)`;
  return `'${value.replaceAll("'", "''")}'`;
}

function numberLiteral(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} has no SQL literal`);
  return Object.is(value, -0) ? "-0.0" : String(value);
}

function bigintLiteral(value: bigint): string {
  if (value > INT64_MAX || value < INT64_MIN) throw new RangeError(`${value}n does not fit in 64 bits`);
  return String(value);
}

function objectLiteral(value: unknown): string {
  if (value instanceof Date) return numberLiteral(value.getTime());
  if (value instanceof ArrayBuffer) return blobLiteral(new Uint8Array(value));
  if (ArrayBuffer.isView(value))
    return blobLiteral(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  throw new TypeError(`a value of type ${typeof value} has no SQL literal`);
}

function blobLiteral(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
  return `X'${hex.toUpperCase()}'`;
}
