import type {
  Change,
  ColumnAlteration,
  ColumnProperty,
  ConstraintChange,
  ProgramAlteration,
  ProgramChange,
} from "./change.ts";

/** What the two sides of a comparison are called. */
export interface SideWords {
  readonly from: string;
  readonly to: string;
}

const DEFAULT_WORDS: SideWords = { from: "the database", to: "the models" };

/** Says a change in one line: `users.email: NOT NULL in the models, nullable in the database`. */
export function describeChange(change: Change, words: SideWords = DEFAULT_WORDS): string {
  const [what, fact] = partsOf(change, words);
  return `${what}: ${fact}`.replaceAll(/\s+/g, " ");
}

function partsOf(change: Change, words: SideWords): readonly [string, string] {
  switch (change.kind) {
    case "column-added":
    case "column-removed":
      return [`${change.table}.${change.column}`, `column ${onlyIn(change.kind, words)}`];
    case "column-altered":
      return [`${change.table}.${change.column}`, alterationText(change, words)];
    case "column-order-altered":
      return [change.table, `column order ${eachSide(change.from.join(", "), change.to.join(", "), words)}`];
    case "primary-key-altered":
      return [change.table, eachSide(change.from ?? "no primary key", change.to ?? "no primary key", words)];
    case "table-options-altered":
      return [
        change.table,
        eachSide(change.from ?? "an ordinary table", change.to ?? "an ordinary table", words),
      ];
    case "index-added":
    case "index-removed":
      return [
        `index ${change.index} on ${change.table}`,
        `${change.definition} ${onlyIn(change.kind, words)}`,
      ];
    case "index-altered":
      return [`index ${change.index} on ${change.table}`, eachSide(change.from, change.to, words)];
    case "table-added":
    case "table-removed":
      return [`table ${change.table}`, onlyIn(change.kind, words)];
    default:
      return otherParts(change, words);
  }
}

function otherParts(
  change: ConstraintChange | ProgramChange | ProgramAlteration,
  words: SideWords,
): readonly [string, string] {
  if ("table" in change) return [change.table, `${change.definition} ${onlyIn(change.kind, words)}`];
  const object = change.kind.replace(/-(?:added|removed|altered)$/, "").replace("-", " ");
  const isAltered = "from" in change;
  const fact = isAltered
    ? `defined differently in ${words.to} and ${words.from}`
    : onlyIn(change.kind, words);
  return [`${object} ${change.name}`, fact];
}

function onlyIn(kind: string, words: SideWords): string {
  return `only in ${kind.endsWith("-added") ? words.to : words.from}`;
}

function eachSide(from: string, to: string, words: SideWords): string {
  return `${to} in ${words.to}, ${from} in ${words.from}`;
}

const LABELS: Readonly<Record<ColumnProperty, readonly [label: string, none: string]>> = {
  type: ["type ", "no type"],
  notNull: ["", "nullable"],
  default: ["DEFAULT ", "no default"],
  collate: ["COLLATE ", "no COLLATE"],
  generated: ["generated AS ", "not generated"],
};

function alterationText({ property, from, to }: ColumnAlteration, words: SideWords): string {
  const [label, none] = LABELS[property];
  const textOf = (value: string | null): string => (value === null ? none : label + value);
  return eachSide(textOf(from), textOf(to), words);
}
