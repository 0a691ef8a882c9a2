// The reference for "nothing wasted": loads the models, applies them in one transaction, checks nothing and protects nothing.
// node ideal.mjs generate|apply-file|apply-file+backup|apply-remote|apply-replica <index.ts> <sql file or database> <url> [--cache]
import { writeFileSync } from "node:fs";
import { idealStatements, quote } from "./ideal-models.ts";
import { openDatabase } from "./libsql.ts";

interface Listed {
  readonly type: string;
  readonly name: string;
}

interface Answer {
  readonly baton: string | null;
  readonly results: readonly {
    readonly type: string;
    readonly error?: { readonly message: string };
    readonly response?: { readonly result?: { readonly rows: { readonly value: string }[][] } };
  }[];
}

const LIST = `SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view')
  AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'libsql\\_%' ESCAPE '\\'`;

const [job, entry = "", target = "", url = "", flag] = process.argv.slice(2);
const statements = idealStatements(entry, flag === "--cache");
if (job === "generate") writeFileSync(target, `${statements.join(";\n\n")};\n`);
else if (job === "apply-file") applyToFile(false);
else if (job === "apply-file+backup") applyToFile(true);
else await applyToServer();

function applyToFile(isSaved: boolean): void {
  const database = openDatabase(target);
  if (isSaved) database.exec(`VACUUM INTO '${target}.backup'`);
  database.exec("PRAGMA foreign_keys=OFF");
  const old = database.prepare(LIST).all() as Listed[];
  database.exec(`BEGIN IMMEDIATE;${[...drops(old), ...statements].join(";")};COMMIT`);
  database.close();
}

/** One listing and one sequence over one connection; then the replica is synced once. */
async function applyToServer(): Promise<void> {
  const listing = await post([{ type: "execute", stmt: { sql: LIST } }], null);
  const rows = listing.results[0]?.response?.result?.rows ?? [];
  const old = rows.map(([type, name]) => ({ type: type?.value ?? "", name: name?.value ?? "" }));
  const sql = `PRAGMA foreign_keys=OFF;BEGIN IMMEDIATE;${[...drops(old), ...statements].join(";")};COMMIT`;
  await post([{ type: "sequence", sql }, { type: "close" }], listing.baton);
  if (job !== "apply-replica") return;
  const replica = openDatabase(target, { syncUrl: url });
  replica.sync();
  replica.close();
}

async function post(requests: readonly unknown[], baton: string | null): Promise<Answer> {
  const response = await fetch(`${url}/v2/pipeline`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ baton, requests }),
  });
  const answer = (await response.json()) as Answer;
  for (const { error } of answer.results) if (error) throw new Error(error.message);
  return answer;
}

function drops(objects: readonly Listed[]): string[] {
  return objects.map(({ type, name }) => `DROP ${type} IF EXISTS ${quote(name)}`);
}
