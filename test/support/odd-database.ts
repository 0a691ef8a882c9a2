/** Names that break whoever quotes carelessly, all legal in SQLite. */
export const HOSTILE_NAMES = [
  "",
  " ",
  'say "hi"; DROP TABLE users; --',
  "it's",
  "tick`]",
  "line\nbreak",
  "/* c */",
  "select",
  "Ärger",
  "ärger",
  "😀",
] as const;

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A database as years of neglect leave it; the last part belongs to the engine or the platform and must outlive a rebuild. */
export const ODD_DATABASE = `
${HOSTILE_NAMES.map((name, index) => `CREATE TABLE ${quote(name)} (${quote(name)} INTEGER PRIMARY KEY, v TEXT); INSERT INTO ${quote(name)} VALUES (${index}, 'v');`).join("\n")}
CREATE INDEX "it's an ""index""" ON "it's" (v);
CREATE VIEW "v 1" AS SELECT * FROM "select";
CREATE VIEW "v 2" AS SELECT * FROM "v 1" WHERE v IS NOT NULL;
CREATE VIEW "v 0" AS SELECT * FROM "v 2";
CREATE VIEW broken AS SELECT missing FROM nowhere;
CREATE TABLE log (entry TEXT);
CREATE TRIGGER "on ""select"";" AFTER INSERT ON "select" BEGIN INSERT INTO log VALUES ('a;b'); SELECT 1; END;
CREATE TRIGGER "instead" INSTEAD OF INSERT ON "v 1" BEGIN SELECT 1; END;
CREATE VIRTUAL TABLE ft USING fts5(title, body);
INSERT INTO ft VALUES ('a', 'b');
CREATE VIRTUAL TABLE "ft of log" USING fts5(entry, content='log');
CREATE VIRTUAL TABLE places USING rtree(id, minx, maxx);
INSERT INTO places VALUES (1, 0, 1);
CREATE TABLE ft_config_notes (id INTEGER PRIMARY KEY);
CREATE TABLE films (id INTEGER PRIMARY KEY, embedding F32_BLOB(3));
CREATE INDEX films_idx ON films (libsql_vector_idx(embedding));
INSERT INTO films VALUES (1, vector32('[1,2,3]')), (2, vector32('[3,2,1]'));
CREATE TABLE hen (id INTEGER PRIMARY KEY, egg_id INTEGER NOT NULL REFERENCES egg (id) ON DELETE RESTRICT);
CREATE TABLE egg (id INTEGER PRIMARY KEY, hen_id INTEGER NOT NULL REFERENCES hen (id));
INSERT INTO egg VALUES (1, 1);
INSERT INTO hen VALUES (1, 1);
CREATE TABLE tree (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES tree (id) ON DELETE CASCADE);
INSERT INTO tree VALUES (1, NULL), (2, 1), (3, 2);
CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, v);
INSERT INTO counted (id, v) VALUES (500, 'far');
CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, old TEXT);
INSERT INTO users VALUES (900, 'old');
CREATE TABLE pairs (a TEXT, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;
INSERT INTO pairs VALUES ('a', 'b');
CREATE TABLE strict_one (id INTEGER PRIMARY KEY, n ANY) STRICT;
INSERT INTO strict_one VALUES (1, 9007199254740993);
CREATE TABLE made (a INTEGER, b INTEGER GENERATED ALWAYS AS (a * 2) STORED, c AS (a + 1));
INSERT INTO made (a) VALUES (2);
CREATE TABLE orphans (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id), gone INTEGER REFERENCES never_there (id));
INSERT INTO orphans VALUES (1, 77, 78);
CREATE TABLE __drizzle_migrations (id INTEGER PRIMARY KEY, hash TEXT);
CREATE TABLE "_litestream_seq" (id INTEGER PRIMARY KEY, seq INTEGER);
INSERT INTO "_litestream_seq" VALUES (1, 41);
CREATE TABLE "libsql_kept" (v TEXT);
INSERT INTO "libsql_kept" VALUES ('kept');
CREATE TABLE "_cf_KV" (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT);
CREATE INDEX kv_idx ON "_cf_KV" (v);
INSERT INTO "_cf_KV" VALUES (70, 'kept'), (71, 'deleted');
DELETE FROM "_cf_KV" WHERE id = 71;
`;

/** Tables of {@link ODD_DATABASE} a rebuild leaves as they are. */
export const KEPT_TABLES = ["_litestream_seq", "libsql_kept", "_cf_KV"] as const;
