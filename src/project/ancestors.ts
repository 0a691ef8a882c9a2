import { dirname } from "node:path";

/** A folder and all above it, the nearest first: where Node and TypeScript look for what a file needs. */
export function ancestors(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...ancestors(parent)];
}
