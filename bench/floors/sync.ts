// Makes or refreshes an embedded replica, as a user of a `push` does after it. node sync.mjs <file> <url of the primary>
import { createClient } from "@libsql/client";

const [file, syncUrl = ""] = process.argv.slice(2);
const client = createClient({ url: `file:${file}`, syncUrl });
await client.sync();
client.close();
