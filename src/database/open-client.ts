import type { Client } from "@libsql/client/http";

/** Opens a primary with the driver that a project's own code speaks to: for what a seed does. Nothing is sent yet. */
export async function openClient(url: string, authToken: string): Promise<Client> {
  const { createClient } = await import("@libsql/client/http");
  return createClient({ url, authToken });
}
