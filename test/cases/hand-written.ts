/** A `.sql` file beside the models, with what a person may write there. */
export interface HandWritten {
  readonly name: string;
  readonly sql: string;
}

const POSTS =
  "CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT, state TEXT DEFAULT 'draft');";

/** Everything SQLite has beyond Drizzle, once each. */
export const handWrittenCases: readonly HandWritten[] = [
  {
    name: "a trigger with CASE, a quoted semicolon and two statements",
    sql: `${POSTS} CREATE TABLE log (what TEXT);
      CREATE TRIGGER log_title AFTER UPDATE OF title ON posts FOR EACH ROW WHEN new.title IS NOT old.title BEGIN
        INSERT INTO log VALUES (CASE WHEN new.title = ';' THEN 'semi;colon' ELSE old.title || ' -> ' || new.title END);
        DELETE FROM log WHERE what IS NULL; -- END;
      END;`,
  },
  {
    name: "triggers before, after and instead, with RAISE, UPSERT and REPLACE",
    sql: `${POSTS} CREATE TABLE counts (state TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
      CREATE VIEW drafts AS SELECT id, title FROM posts WHERE state = 'draft';
      CREATE TRIGGER no_empty BEFORE INSERT ON posts WHEN trim(new.title) = '' BEGIN SELECT RAISE(ABORT, 'no title; no post'); END;
      CREATE TRIGGER count_posts AFTER INSERT ON posts BEGIN
        INSERT INTO counts VALUES (new.state, 1) ON CONFLICT (state) DO UPDATE SET n = n + 1;
        INSERT OR REPLACE INTO counts (state, n) SELECT 'all', count(*) FROM posts;
      END;
      CREATE TRIGGER drafts_insert INSTEAD OF INSERT ON drafts BEGIN INSERT INTO posts (title) VALUES (new.title); END;
      CREATE TRIGGER drafts_update INSTEAD OF UPDATE OF title ON drafts BEGIN UPDATE posts SET title = new.title WHERE id = old.id; END;`,
  },
  {
    name: "FTS5 with external content",
    sql: `${POSTS} CREATE VIRTUAL TABLE posts_search USING fts5(title, body, content='posts', content_rowid='id', tokenize='porter unicode61', prefix='2 3');
      CREATE VIRTUAL TABLE posts_words USING fts5vocab(posts_search, 'row');`,
  },
  {
    name: "contentless FTS5 beside a table that is called like its content",
    sql: "CREATE VIRTUAL TABLE notes USING fts5(a, b UNINDEXED, content='', columnsize=0); CREATE TABLE notes_content (id INTEGER PRIMARY KEY); CREATE TABLE notes_docsize (x);",
  },
  {
    name: "FTS4 and an R*Tree",
    sql: "CREATE VIRTUAL TABLE old USING fts4(title, tokenize=porter); CREATE VIRTUAL TABLE places USING rtree(id, minX, maxX, minY, maxY, +label TEXT);",
  },
  {
    name: "STRICT, WITHOUT ROWID, conflict clauses and deferred foreign keys",
    sql: `CREATE TABLE kinds (code TEXT PRIMARY KEY ON CONFLICT REPLACE, label ANY) STRICT, WITHOUT ROWID;
      CREATE TABLE things (id INTEGER PRIMARY KEY, kind TEXT NOT NULL ON CONFLICT IGNORE COLLATE NOCASE
        REFERENCES kinds (code) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, UNIQUE (id, kind) ON CONFLICT ROLLBACK) STRICT;`,
  },
  {
    name: "indexes on expressions, partial, descending, collated, and on vectors",
    sql: `${POSTS} CREATE TABLE docs (id INTEGER PRIMARY KEY, v F32_BLOB(3));
      CREATE INDEX posts_lower ON posts (lower(title) DESC, body COLLATE NOCASE) WHERE state != 'gone' AND body IS NOT NULL;
      CREATE INDEX docs_v ON docs (libsql_vector_idx(v, 'metric=cosine', 'compress_neighbors=float8'));`,
  },
  {
    name: "views that need each other, with a recursive query and window functions",
    sql: `${POSTS} CREATE VIEW b AS SELECT * FROM a WHERE n > 1;
      CREATE VIEW a (title, n) AS SELECT title, row_number() OVER (PARTITION BY state ORDER BY id) FROM posts;
      CREATE VIEW c AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT i FROM n LEFT JOIN a ON a.n = n.i;`,
  },
];
