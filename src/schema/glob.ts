/** Whether a name fits a glob: `*` is any text, `?` one character, case does not count. */
export function matchesGlob(glob: string, name: string): boolean {
  const pattern = glob
    .replaceAll(/[^\w\s*?]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${pattern}$`, "is").test(name);
}
