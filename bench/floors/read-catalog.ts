// The floor of telling what is in a database: open the file, read the whole catalog once. node read-catalog.mjs <database>
import { openDatabase } from "./libsql.ts";

const database = openDatabase(process.argv[2] ?? "");
const rows = database.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema").all();
database.close();
process.stdout.write(`${rows.length} objects\n`);
