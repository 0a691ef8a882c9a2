/*
 * The words people search for.
 * Kept by triggers.
 */
CREATE VIRTUAL TABLE IF NOT EXISTS main.posts_search USING fts5(
  title, -- weighs more; see the query
  body,
  content='posts', content_rowid='id',
  tokenize="unicode61 remove_diacritics 2 separators ';'"
);
;;

CREATE TABLE "strange ; name" ( -- a comment; inside
  "a;b" TEXT DEFAULT ';' CHECK ("a;b" <> '--' AND "a;b" <> '/*'),
  'c' BLOB DEFAULT x'3b',
  [d e] INT REFERENCES `other``s` ON UPDATE CASCADE
) STRICT; -- belongs to the table

CREATE UNIQUE INDEX only_one ON "strange ; name" ("a;b") WHERE [d e] IS NOT NULL;CREATE INDEX two ON "strange ; name" (c);
-- not so close

CREATE VIEW view AS SELECT 1 AS 'a;', ';' AS b /* ; */
;
-- CREATE VIEW gone AS SELECT 1;
-- what was said above is kept as words
CREATE VIEW gone AS SELECT 1;
