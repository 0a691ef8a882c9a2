/** Imports a module of the user's. In the built program this is a file of its own: code that was kept by V8 cannot import. */
export function importModule(url: string): Promise<{ readonly default?: unknown }> {
  return import(url) as Promise<{ readonly default?: unknown }>;
}
