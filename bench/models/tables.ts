import { constraintsOf } from "./constraints.ts";
import { ENUMS, FIELDS, nameOf } from "./names.ts";
import { createRandom, type Random } from "./random.ts";
import type { Action, Column, ColumnKind, ForeignKey, Key, Table } from "./types.ts";

/** A table while its columns are being found. */
interface Draft {
  readonly number: number;
  readonly name: string;
  readonly random: Random;
  readonly columns: Column[];
  readonly foreignKeys: ForeignKey[];
}

/** The more often a kind stands here, the more often it is drawn. */
const KINDS: readonly [ColumnKind, ...ColumnKind[]] = [
  "text",
  "text",
  "text",
  "text",
  "integer",
  "integer",
  "real",
  "boolean",
  "boolean",
  "timestamp",
  "timestamp_ms",
  "json",
  "enum",
  "numeric",
  "blob",
];
const COLUMN: Omit<Column, "name" | "kind"> = {
  key: null,
  isNotNull: false,
  isUnique: false,
  default: null,
  values: [],
};

/**
 * Makes the models of a product with so many tables, always the same: entities, lookup tables and join tables; columns of every
 * kind; foreign keys to earlier tables, to themselves, of two columns, and some in a circle; uniques, indexes (some partial), checks.
 */
export function buildTables(count: number): Table[] {
  const tables: Table[] = [];
  for (let number = 0; number < count; number++) tables.push(buildTable(number, count, tables));
  return tables;
}

function buildTable(number: number, count: number, earlier: readonly Table[]): Table {
  const random = createRandom(number);
  const { name, file } = nameOf(number, count);
  const draft: Draft = { number, name, random, columns: [], foreignKeys: [] };
  const primaryKey = isJoin(number) ? joinColumns(draft, count) : [];
  if (!isJoin(number)) entityColumns(draft, count, earlier);
  fillColumns(draft, random.integer(6, 14));
  const { columns, foreignKeys } = draft;
  return { name, file, columns, primaryKey, foreignKeys, ...constraintsOf(draft) };
}

function isJoin(number: number): boolean {
  return number % 8 === 3;
}

/** Known before the table is: a table may refer to one that comes after it. */
function keyOf(number: number): Key {
  return createRandom(number + 0.5).pick(["autoincrement", "autoincrement", "rowid", "text"]);
}

function joinColumns(draft: Draft, count: number): string[] {
  const options = { isNotNull: true, onDelete: "cascade" } as const;
  const left = addReference(draft, count, { ...options, target: draft.number - 1 });
  const right = addReference(draft, count, { ...options, target: Math.max(0, draft.number - 3) });
  return [left, right];
}

function entityColumns(draft: Draft, count: number, earlier: readonly Table[]): void {
  const { number, random, columns } = draft;
  const key = keyOf(number);
  const kind = key === "text" ? "text" : "integer";
  columns.push({ ...COLUMN, name: "id", kind, key, isNotNull: true });
  if (number % 12 === 5) {
    columns.push({ ...COLUMN, name: "code", kind: "text", isNotNull: true, isUnique: true });
    return;
  }
  // The table before points at this one, and this one at it: no order of creation satisfies both.
  if (number % 25 === 1 && !isJoin(number - 1)) addReference(draft, count, { target: number - 1 });
  const references = number === 0 ? 0 : random.integer(0, 2);
  for (let made = 0; made < references; made++)
    addReference(draft, count, { target: entityBefore(number, random) });
  if (number % 25 === 0 && number + 1 < count && !isJoin(number + 1))
    addReference(draft, count, { target: number + 1, name: "primary_id" });
  if (number % 13 === 4) addReference(draft, count, { target: number, name: "parent_id" });
  const join = earlier.findLast((table) => table.primaryKey.length > 0);
  if (number % 29 === 6 && join) addCompositeReference(draft, join);
}

/** Mostly a neighbour. */
function entityBefore(number: number, random: Random): number {
  const near = Math.max(0, number - random.integer(1, 10));
  const found = random.chance(0.7) ? near : random.integer(0, number - 1);
  return isJoin(found) ? found - 1 : found;
}

interface ReferenceOptions {
  readonly target: number;
  readonly name?: string;
  readonly isNotNull?: boolean;
  readonly onDelete?: Action;
}

function addReference(draft: Draft, count: number, options: ReferenceOptions): string {
  const { random, columns } = draft;
  const table = nameOf(options.target, count).name;
  const name = freeName(columns, options.name ?? `${table.slice(table.indexOf("_") + 1, -1)}_id`);
  const isNotNull = options.isNotNull ?? (options.name === undefined && random.chance(0.5));
  const kind = keyOf(options.target) === "text" ? "text" : "integer";
  columns.push({ ...COLUMN, name, kind, isNotNull });
  const chosen: Action = isNotNull
    ? random.pick<Action>(["cascade", "cascade", "restrict", "no action"])
    : "set null";
  draft.foreignKeys.push({
    name: `${draft.name}_${name}_fk`,
    columns: [name],
    table,
    refColumns: ["id"],
    onDelete: options.onDelete ?? chosen,
    onUpdate: random.chance(0.15) ? "cascade" : "no action",
  });
  return name;
}

function addCompositeReference(draft: Draft, join: Table): void {
  const columns = join.primaryKey.map((name) => `via_${name}`);
  for (const [at, name] of columns.entries()) {
    const kind = join.columns.find((column) => column.name === join.primaryKey[at])?.kind ?? "integer";
    draft.columns.push({ ...COLUMN, name, kind });
  }
  draft.foreignKeys.push({
    name: `${draft.name}_via_fk`,
    columns,
    table: join.name,
    refColumns: join.primaryKey,
    onDelete: "set null",
    onUpdate: "no action",
  });
}

function freeName(columns: readonly Column[], name: string): string {
  let free = name;
  for (let number = 2; columns.some((column) => column.name === free); number++)
    free = name.replace(/_id$/, `${number}_id`);
  return free;
}

function fillColumns({ random, columns }: Draft, wanted: number): void {
  while (columns.length < wanted - 2) {
    const kind = random.pick(KINDS);
    const name = random.pick(FIELDS[kind] as [string, ...string[]]);
    if (!columns.some((column) => column.name === name)) columns.push(fieldOf(name, kind, random));
    else wanted -= 0.25; // a name that is taken is not tried forever
  }
  if (random.chance(0.3))
    columns.push({ ...COLUMN, name: "slug", kind: "text", isNotNull: true, isUnique: true });
  const now = { kind: "sql", sql: "(unixepoch())" } as const;
  for (const name of ["created_at", "updated_at"])
    columns.push({ ...COLUMN, name, kind: "timestamp", isNotNull: name === "created_at", default: now });
}

function fieldOf(name: string, kind: ColumnKind, random: Random): Column {
  const field = { ...COLUMN, name, kind, isNotNull: random.chance(0.5) };
  const literal = (value: string | number | boolean | object) => ({ kind: "literal", value }) as const;
  switch (kind) {
    case "enum": {
      const values = ENUMS[name] ?? ["none"];
      return { ...field, values, isNotNull: true, default: literal(values[0]) };
    }
    case "boolean":
      return { ...field, isNotNull: true, default: literal(random.chance(0.5)) };
    case "json":
      return field.isNotNull ? { ...field, default: literal(name === "tags" ? [] : {}) } : field;
    case "integer":
      return random.chance(0.6) ? { ...field, default: literal(random.integer(0, 5)) } : field;
    case "real":
      return random.chance(0.4) ? { ...field, default: literal(random.pick([0, 0.5, 1.25])) } : field;
    case "text":
      return random.chance(0.2)
        ? { ...field, default: literal(random.pick(["", "n/a", "it's unset"])) }
        : field;
    default:
      return field;
  }
}
