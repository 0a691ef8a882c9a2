import { relative } from "node:path";
import type { Prepared } from "../actions/prepared.ts";
import { databaseName, type Primary, type Target } from "../database/target.ts";
import type { Output } from "./output.ts";
import { shown } from "./render.ts";

/** A target as a person knows it. */
export function targetName(target: Target, root: string): string {
  switch (target.kind) {
    case "local":
      return pathName(target.path, root);
    case "replica":
      return `${primaryName(target.primary)} and its replica ${pathName(target.path, root)}`;
    case "remote":
      return primaryName(target.primary);
  }
}

/** A server without names is called by its host. */
function primaryName({ name, host }: Primary): string {
  return name === host ? host : `${name} at ${host}`;
}

function pathName(path: string, root: string): string {
  const short = relative(root, path);
  return short.startsWith("..") ? path : short;
}

/** The same for `--json`. */
export function targetData(target: Target): object {
  return {
    kind: target.kind,
    path: target.kind === "remote" ? null : target.path,
    host: target.kind === "local" ? null : target.primary.host,
  };
}

/** Says that a target is protected, and that it looks like production. */
export function guardLines({
  target,
  protection,
  production,
}: Pick<Prepared, "target" | "protection" | "production">): string[] {
  const reason = protection?.reason ? `: ${shown(protection.reason)}` : "";
  return [
    ...(protection === null
      ? []
      : [
          `Protected: since ${shown(protection.since)}${reason} (refused without --allow-protected ${databaseName(target)})`,
        ]),
    ...(production === null
      ? []
      : [`Production: it looks like it, by the pattern ${production}; its name must be typed`]),
  ];
}

/** Says what becomes of a replica that cannot be used. */
export function replicaLines({ replica }: Pick<Prepared, "replica">): string[] {
  if (replica?.kind !== "broken") return [];
  return [`Replica: ${replica.reason}; its files will be set aside, not deleted, and the replica made anew`];
}

/** Says where the files of a replica went that could not be used. */
export function noteSetAside(output: Output, setAside: string | null | undefined): void {
  if (setAside) output.warn(`the old replica's files were not usable; they were moved to ${setAside}`);
}
