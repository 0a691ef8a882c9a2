import { renderStatements } from "../plan/migration-text.ts";
import { createStatements } from "../schema/create.ts";
import type { ChangeGroup } from "../schema/group-changes.ts";
import type { Sides } from "../schema/pairs.ts";
import type { Schema } from "../schema/types.ts";
import { foldName } from "../sql/identifier.ts";
import { normalizeSql } from "../sql/normal-form.ts";

/**
 * Writes the SQL of the objects that differ as unified diffs, one after the other. Lines that only spell the same thing
 * differently count as equal.
 */
export async function sqlDiff(groups: readonly ChangeGroup[], { from, to }: Sides<Schema>): Promise<string> {
  const { createTwoFilesPatch } = await import("diff");
  const comparator = (a: string, b: string): boolean => normalLine(a) === normalLine(b);
  const patches = groups.map(({ name }) => {
    const [left, right] = [from, to].map((schema) =>
      renderStatements(createStatements(partOf(schema, name))),
    );
    const patch = (options: object): string =>
      createTwoFilesPatch(
        `found/${name}`,
        `models/${name}`,
        left ?? "",
        right ?? "",
        undefined,
        undefined,
        options,
      );
    const meant = patch({ context: 3, comparator });
    return meant.includes("\n@@") ? meant : patch({ context: 3 });
  });
  return patches.map((patch) => patch.replace(/^=+\n/, "")).join("");
}

function normalLine(line: string): string {
  return normalizeSql(line.trim().replace(/,$/, ""));
}

/** One object with what belongs to it. */
function partOf({ tables, virtualTables, views, triggers }: Schema, name: string): Schema {
  const key = foldName(name);
  const isIt = (object: { readonly name: string }): boolean => foldName(object.name) === key;
  return {
    tables: tables.filter(isIt),
    virtualTables: virtualTables.filter(isIt),
    views: views.filter(isIt),
    triggers: triggers.filter(({ table }) => foldName(table) === key),
  };
}
