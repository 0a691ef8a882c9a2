/**
 * Words SQLite never takes as a bare name, folded; its other keywords fall back to identifiers (`%fallback` in
 * https://sqlite.org/src/file/src/parse.y), so a column may be called `key`, `desc` or `end`.
 */
export const RESERVED_WORDS: ReadonlySet<string> = new Set(
  `add all alter and as autoincrement between case check collate commit constraint create default deferrable delete
  distinct drop else escape except exists foreign from group having in index insert intersect into is isnull join limit
  not nothing notnull null on or order primary references returning select set table then to transaction union unique
  update using values when where`.split(/\s+/),
);

/** Words that stand for a value when they are bare and name a column when they are quoted. */
export const VALUE_WORDS: ReadonlySet<string> = new Set(
  "true false current_date current_time current_timestamp".split(" "),
);

/** Words of a join, which are names everywhere else. */
export const JOIN_WORDS: ReadonlySet<string> = new Set(
  "cross full inner left natural outer right".split(" "),
);
