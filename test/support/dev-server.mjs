// A dev server as far as a database can tell: it keeps its connection and its prepared statements and reads all the time.
// Writes each thing it sees once: {"seen": [tables, rows]} or {"error": message}.
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";

const { driver, file, url } = JSON.parse(process.argv[2] ?? "{}");
const NAMES = "'old_a', 'old_b', 'new_a', 'new_b'";
const TABLES = `SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE name IN (${NAMES}) ORDER BY name)`;
/** One statement reads both, so that it reads them at one moment. */
const LOOK = `SELECT (${TABLES}) AS tables, (SELECT count(*) FROM shared) AS n`;
const OLD = "SELECT count(*) AS n FROM old_a";

/** Two functions that run LOOK and OLD; prepared once, where the driver can. */
async function open() {
  const require = createRequire(import.meta.url);
  if (driver === "http") {
    const { createClient } = await import("@libsql/client/http");
    const client = createClient({ url });
    const run = (sql) => async () => (await client.execute(sql)).rows[0];
    return [run(LOOK), run(OLD)];
  }
  const libsql = createRequire(require.resolve("@libsql/client/sqlite3"));
  const Database = driver === "libsql" ? libsql("libsql") : require("better-sqlite3");
  // Who made the file may be closing it still; better-sqlite3 waits as long by itself.
  const options = driver === "libsql" && url ? { syncUrl: url } : { timeout: 5_000 };
  const database = new Database(file, options);
  if (driver === "libsql" && url) database.sync();
  const [look, old] = [database.prepare(LOOK), database.prepare(OLD)];
  // get() of libsql leaves a replica's statement where it stands, and finds no row the next time.
  return [() => look.all()[0], () => old.all()[0]];
}

const told = new Set();
function tell(what) {
  const line = JSON.stringify(what);
  if (!told.has(line)) process.stdout.write(`${line}\n`);
  told.add(line);
}

const reads = await open();
for (;;) {
  for (const read of reads) {
    try {
      const { tables, n } = await read();
      tell({ seen: tables === undefined ? ["old_a", Number(n)] : [tables, Number(n)] });
    } catch (error) {
      tell({ error: error.message });
    }
  }
  await sleep(1);
}
