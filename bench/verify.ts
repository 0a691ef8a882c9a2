import { existsSync } from "node:fs";
import type { Contestant } from "./contestants/contestant.ts";
import { differenceOf, expectedCatalog, readFile, readScript, readServer, type Catalog } from "./catalog.ts";
import { editedDefault, type Workspace } from "./workspace.ts";

/** Says what is wrong with what a run built; null when it is what the models say, or when it builds nothing. */
export type Verify = (workspace: Workspace, primary: string | null) => Promise<string | null>;

/** The check of one contestant's runs. A script that was found right once is not executed again, nor one with another default alone. */
export function createVerify({ job, script }: Contestant, workspace: Workspace): Verify {
  const expected = expectedCatalog(workspace.tables);
  const right = new Set<string>();
  const compare = async (where: string, read: () => Promise<Catalog>): Promise<string | null> => {
    const found = await read().catch((error: unknown) => `cannot be read: ${String(error)}`);
    const difference = typeof found === "string" ? found : differenceOf(expected, found);
    return difference === null ? null : `${where}: ${difference}`;
  };
  const checkFile = () => {
    if (!existsSync(workspace.database)) return Promise.resolve("there is no database file");
    return compare(job === "replica" ? "the replica" : "the file", () => readFile(workspace.database));
  };
  const checkScript = async (write: NonNullable<Contestant["script"]>) => {
    const sql = (await write(workspace)).replaceAll(/^--.*\n/gm, "");
    const known = sql.replace(`DEFAULT ${editedDefault(workspace)}`, "DEFAULT the edited");
    if (right.has(known)) return null;
    const difference = await compare("the SQL", () => readScript(sql));
    if (difference === null) right.add(known);
    return difference;
  };
  return async (_, primary) => {
    if (script) return checkScript(script);
    if (job === "start" || job === "generate") return null;
    const onPrimary = primary === null ? null : await compare("the primary", () => readServer(primary));
    return onPrimary ?? (job === "remote" ? null : await checkFile());
  };
}
