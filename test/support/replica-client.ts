import { repository } from "./paths.ts";
import { resultOf, startCli } from "./run-cli.ts";

export interface ReplicaClientOptions {
  /** The replica's file; made when it is not there. */
  readonly file: string;
  /** The primary, or what stands in front of it. */
  readonly url: string;
  readonly token?: string;
  /** Statements that run after a first sync, one by one. */
  readonly sql?: readonly string[];
  readonly timeoutMs?: number;
}

const PROGRAM = `
import { createClient } from "@libsql/client/sqlite3";
const { file, url, token, sql } = JSON.parse(process.argv[1]);
const client = createClient({ url: "file:" + file, syncUrl: url, authToken: token });
await client.sync();
const results = [];
for (const statement of sql) results.push((await client.execute(statement)).rows.map((row) => ({ ...row })));
await client.sync();
process.stdout.write("\\n" + JSON.stringify(results));
`;

/**
 * Opens an embedded replica with the real client, syncs it, runs statements and syncs again; gives the rows of each statement.
 * It does so in a process of its own: a replica blocks the process it is in, and here the server may be in this one.
 */
export async function runInReplica(options: ReplicaClientOptions): Promise<Record<string, unknown>[][]> {
  const { sql = [], timeoutMs = 20_000 } = options;
  const child = startCli([JSON.stringify({ ...options, sql })], {
    cwd: repository,
    program: [process.execPath, "--input-type=module", "--eval", PROGRAM],
  });
  const { code, stdout, stderr } = await resultOf(child, timeoutMs);
  if (code !== 0) throw new Error(`the replica ended with ${code}: ${stderr}`);
  return JSON.parse(stdout.slice(stdout.lastIndexOf("\n"))) as Record<string, unknown>[][];
}
