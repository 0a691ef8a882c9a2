import { foldName } from "../sql/identifier.ts";
import type { Change } from "./change.ts";
import type { Sides } from "./pairs.ts";
import type { Schema } from "./types.ts";

/** The changes of one object: of a table with its indexes and triggers, of a view with its triggers, of a virtual table. */
export interface ChangeGroup {
  readonly kind: "table" | "view" | "virtual table";
  readonly name: string;
  readonly changes: readonly Change[];
}

/** Groups changes by the object they belong to, in the order the objects first appear. */
export function groupChanges(changes: readonly Change[], schemas: Sides<Schema>): ChangeGroup[] {
  const groups = new Map<string, { readonly owner: Owner; readonly changes: Change[] }>();
  for (const change of changes) {
    const owner = ownerOf(change, schemas);
    const key = foldName(owner.name);
    const group = groups.get(key) ?? { owner, changes: [] };
    group.changes.push(change);
    groups.set(key, group);
  }
  return [...groups.values()].map((group) => ({ ...group.owner, changes: group.changes }));
}

type Owner = Pick<ChangeGroup, "kind" | "name">;

function ownerOf(change: Change, schemas: Sides<Schema>): Owner {
  if ("table" in change) return { kind: "table", name: change.table };
  switch (change.kind) {
    case "view-added":
    case "view-removed":
    case "view-altered":
      return { kind: "view", name: change.name };
    case "virtual-table-added":
    case "virtual-table-removed":
    case "virtual-table-altered":
      return { kind: "virtual table", name: change.name };
    default:
      return ownerOfTrigger(change.name, schemas);
  }
}

function ownerOfTrigger(name: string, { from, to }: Sides<Schema>): Owner {
  const key = foldName(name);
  const trigger = [...to.triggers, ...from.triggers].find((candidate) => foldName(candidate.name) === key);
  const owner = foldName(trigger?.table ?? name);
  const isOwner = (candidate: { readonly name: string }): boolean => foldName(candidate.name) === owner;
  const view = [...to.views, ...from.views].find(isOwner);
  if (view) return { kind: "view", name: view.name };
  const table = [...to.tables, ...from.tables].find(isOwner);
  return { kind: "table", name: table?.name ?? trigger?.table ?? name };
}
