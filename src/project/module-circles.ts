import type { ModuleGraph } from "./module-graph.ts";

export interface Circles {
  /** Modules that import each other in a circle, or lie between two such. */
  readonly members: readonly string[];
  /** So many modules, and not more, can wait for each other at a time. */
  readonly depth: number;
}

/** Takes away, round by round, what imports nothing that is left, then what nothing imports that is left: circles remain. */
export function circlesIn({ imports }: ModuleGraph): Circles {
  const targets = new Map(Object.entries(imports).map(([path, own]) => [path, Object.values(own)]));
  const below = peeled(targets);
  const left = new Map([...targets].filter(([path]) => below.left.has(path)));
  const above = peeled(reversed(left));
  return { members: [...above.left], depth: below.rounds + above.rounds + above.left.size };
}

function peeled(targets: ReadonlyMap<string, readonly string[]>) {
  const importers = reversed(targets);
  const open = new Map([...targets].map(([path, own]) => [path, own.filter((to) => targets.has(to)).length]));
  let free = [...open].filter(([, count]) => count === 0).map(([path]) => path);
  let rounds = 0;
  for (; free.length > 0; rounds++) {
    const next: string[] = [];
    for (const path of free) {
      open.delete(path);
      for (const importer of importers.get(path) ?? []) {
        const count = (open.get(importer) ?? 0) - 1;
        open.set(importer, count);
        if (count === 0) next.push(importer);
      }
    }
    free = next;
  }
  return { left: new Set(open.keys()), rounds };
}

function reversed(targets: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const importers = new Map([...targets.keys()].map((path) => [path, [] as string[]]));
  for (const [path, own] of targets) for (const target of own) importers.get(target)?.push(path);
  return importers;
}
