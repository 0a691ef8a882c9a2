import { openClient } from "../database/open-client.ts";
import { CleanSlateError } from "../errors.ts";
import { loadDrizzleDriver } from "../project/drizzle-driver.ts";
import type { LoadedSeed } from "../project/seed.ts";

export interface SeedTarget {
  /** Of the project, whose drizzle-orm a seed is given. */
  readonly root: string;
  /** The seed's file, as typed. */
  readonly file: string;
  readonly url: string;
  readonly authToken: string;
  readonly casing: "snake_case" | "camelCase" | undefined;
}

/** Runs a seed on a server, with foreign keys enforced. Throws SEED_FAILED, naming the file. */
export async function runSeed(seed: LoadedSeed, target: SeedTarget): Promise<void> {
  const { root, file, url, authToken, casing } = target;
  const client = await openClient(url, authToken);
  try {
    if (seed.kind === "sql") {
      await client.batch([...seed.statements], "write");
      return;
    }
    const drizzle = loadDrizzleDriver(root);
    const write = await seed.load();
    await write(drizzle({ client, ...(casing && { casing }) }) as never, client as never);
  } catch (error) {
    throw seedFailure(file, error);
  } finally {
    client.close();
  }
}

/** What a seed file threw, with its name. */
export function seedFailure(file: string, error: unknown): CleanSlateError {
  if (error instanceof CleanSlateError) return error;
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  const [said = ""] = message.split("\n");
  const more = cause instanceof Error && !said.includes(cause.message) ? ` (${cause.message})` : "";
  const reason = cause instanceof Error ? `${said}${more}` : message;
  return new CleanSlateError("SEED_FAILED", `the seed "${file}" failed: ${reason}`, {
    cause: error,
    hint: "mend the file, then run it again",
  });
}
