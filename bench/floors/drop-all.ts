// What a user of a `push` runs before it to rebuild from nothing: drops all tables and views. node drop-all.mjs <url>
import { createClient } from "@libsql/client";

const client = createClient({ url: process.argv[2] ?? "" });
const { rows } = await client.execute(`SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view')
  AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'libsql\\_%' ESCAPE '\\'`);
const drops = rows.map(({ type, name }) => `DROP ${String(type)} IF EXISTS "${String(name)}"`);
if (drops.length > 0) await client.migrate(drops);
client.close();
