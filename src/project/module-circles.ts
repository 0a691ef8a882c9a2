import type { ModuleGraph } from "./module-graph.ts";

/** The modules that import each other in a circle, or lie between two such. */
export function circlesIn({ imports }: ModuleGraph): string[] {
  const targets = new Map(Object.entries(imports).map(([path, own]) => [path, Object.values(own)]));
  const withTarget = peeled(targets);
  const left = new Map([...targets].filter(([path]) => withTarget.has(path)));
  return [...peeled(reversed(left))];
}

/** What is left when all that imports nothing, or nothing that is left, is taken away. */
function peeled(targets: ReadonlyMap<string, readonly string[]>): Set<string> {
  const importers = reversed(targets);
  const open = new Map([...targets].map(([path, own]) => [path, own.filter((to) => targets.has(to)).length]));
  const free = [...open].filter(([, count]) => count === 0).map(([path]) => path);
  for (const path of free) {
    open.delete(path);
    for (const importer of importers.get(path) ?? []) {
      const count = (open.get(importer) ?? 0) - 1;
      open.set(importer, count);
      if (count === 0) free.push(importer);
    }
  }
  return new Set(open.keys());
}

function reversed(targets: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const importers = new Map([...targets.keys()].map((path) => [path, [] as string[]]));
  for (const [path, own] of targets) for (const target of own) importers.get(target)?.push(path);
  return importers;
}

/** So many modules, and not more, wait for each other while they run in the order in which they are imported. */
export function deepestWait({ entries, imports }: ModuleGraph): number {
  const started = new Set<string>();
  const waiting = [entries.values()];
  let deepest = 0;
  for (let next = waiting.at(-1); next !== undefined; next = waiting.at(-1)) {
    const { done, value } = next.next();
    if (done) waiting.pop();
    else if (!started.has(value)) {
      started.add(value);
      deepest = Math.max(deepest, waiting.length);
      waiting.push(Object.values(imports[value] ?? {}).values());
    }
  }
  return deepest;
}
